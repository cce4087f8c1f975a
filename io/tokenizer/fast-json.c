/* fast-json.c - tokenizer.json as a value that is made, and changed by the files beside it. */
#include "io/tokenizer/fast-json.h"
#include <string.h>

static json_t *added(const json_t *fast) { return json_object_get(fast, "added_tokens"); }

static json_t *find_added(const json_t *fast, const char *text)
{
    size_t i;
    json_t *one;
    json_array_foreach(added(fast), i, one)
    {
        const char *content = json_string_value(json_object_get(one, "content"));
        if (content && strcmp(content, text) == 0) return one;
    }
    return NULL;
}

/* Of Unigram's list the last one counts. */
static int64_t find_in_list(const json_t *list, const char *text)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        const char *piece = json_string_value(json_array_get(json_array_get(list, i), 0));
        if (piece && strcmp(piece, text) == 0) return (int64_t)i;
    }
    return -1;
}

static int64_t find_piece(const json_t *fast, const char *text)
{
    const json_t *vocab = json_object_get(json_object_get(fast, "model"), "vocab"), *id;
    if (json_is_array(vocab)) return find_in_list(vocab, text);
    id = json_object_get(vocab, text);
    return json_is_integer(id) ? json_integer_value(id) : -1;
}

static int64_t id_of(const json_t *token)
{
    const json_t *id = json_object_get(token, "id");
    return json_is_integer(id) ? json_integer_value(id) : -1;
}

int64_t hl_fast_json_find(const json_t *fast, const char *text)
{
    const json_t *token = find_added(fast, text);
    return token && id_of(token) >= 0 ? id_of(token) : find_piece(fast, text);
}

/* The first id behind the vocabulary and the first `n` added tokens. */
static int64_t next_id(const json_t *fast, size_t n)
{
    const json_t *vocab = json_object_get(json_object_get(fast, "model"), "vocab");
    int64_t next = (int64_t)(json_is_array(vocab) ? json_array_size(vocab) : json_object_size(vocab));
    for (size_t i = 0; i < n; i++)
        if (id_of(json_array_get(added(fast), i)) >= next) next = id_of(json_array_get(added(fast), i)) + 1;
    return next;
}

static hl_status other_id(const char *text, int64_t says, int64_t gets, const char *path)
{
    return HL_FAIL(HL_EFORMAT,
                   "%s: the added token %.60s is said to have the id %lld, but would get %lld; correct it, or name "
                   "another tokenizer",
                   path, text, (long long)says, (long long)gets);
}

static bool flag(const json_t *token, const char *key) { return json_is_true(json_object_get(token, key)); }

static void put_flags(json_t *to, const json_t *token)
{
    static const char *const keys[] = {"single_word", "lstrip", "rstrip", "normalized"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set_new(to, keys[i], json_boolean(flag(token, keys[i])));
    json_object_set_new(to, "special", json_boolean(json_is_string(token) || flag(token, "special")));
}

hl_status hl_fast_json_add(json_t *fast, const json_t *token, bool replace, int64_t says, const char *path)
{
    const char *text =
        json_is_string(token) ? json_string_value(token) : json_string_value(json_object_get(token, "content"));
    if (!text) return HL_FAIL(HL_EFORMAT, "%s: an added token has no content; get the file again", path);
    if (!*text) return HL_OK;
    if (!json_is_array(added(fast))) json_object_set_new(fast, "added_tokens", json_array());
    json_t *has = find_added(fast, text);
    if (has && replace) put_flags(has, token);
    if (!has) {
        int64_t piece = find_piece(fast, text), id = piece >= 0 ? piece : next_id(fast, json_array_size(added(fast)));
        has = json_pack("{s:s, s:I}", "content", text, "id", (json_int_t)id);
        put_flags(has, token);
        json_array_append_new(added(fast), has);
    }
    return says < 0 || says == id_of(has) ? HL_OK : other_id(text, says, id_of(has), path);
}

hl_status hl_fast_json_check_added(json_t *fast, const char *path)
{
    size_t i;
    json_t *one;
    int64_t next = next_id(fast, 0);
    json_array_foreach(added(fast), i, one)
    {
        const char *text = json_string_value(json_object_get(one, "content"));
        if (!text || id_of(one) < 0) continue; /* the reader says so */
        int64_t piece = find_piece(fast, text), gets = piece >= 0 ? piece : next;
        if (id_of(one) != gets) return other_id(text, id_of(one), gets, path);
        next = gets >= next ? gets + 1 : next;
    }
    return HL_OK;
}

static void put_special(json_t *single, json_t *tokens, const json_t *fast, const char *text)
{
    if (!text) return;
    json_array_append_new(single, json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", text, "type_id", 0));
    json_object_set_new(tokens, text,
                        json_pack("{s:s, s:[I]}", "id", text, "ids", (json_int_t)hl_fast_json_find(fast, text)));
}

void hl_fast_json_around(json_t *fast, const char *before, const char *behind)
{
    json_t *single = json_array(), *tokens = json_object();
    put_special(single, tokens, fast, before);
    json_array_append_new(single, json_pack("{s:{s:s, s:i}}", "Sequence", "id", "A", "type_id", 0));
    put_special(single, tokens, fast, behind);
    json_object_set_new(
        fast, "post_processor",
        json_pack("{s:s, s:o, s:o}", "type", "TemplateProcessing", "single", single, "special_tokens", tokens));
}
