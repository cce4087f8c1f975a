/* tok-fast.c - tokenizer.json beside tokenizer.model: the same pieces, with rules of its own.
 *
 * transformers prefers this file to tokenizer.model.  It is a conversion of it, but an older or a changed one can
 * have other added tokens, another prefix and other ranks of equal merges; so what it says is taken, and what we
 * cannot do is refused. */
#include "io/tokenizer/tok-fast.h"
#include "base/arena.h"
#include "io/files/json.h"
#include <stdlib.h>
#include <string.h>

#define BLANK "\xE2\x96\x81"
#define REPLACE "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"" BLANK "\"}"
#define PREPEND "{\"type\":\"Prepend\",\"prepend\":\"" BLANK "\"}"
#define SEQUENCE(list) "{\"type\":\"Sequence\",\"normalizers\":[" list "]}"
#define METASPACE(scheme) \
    "{\"type\":\"Metaspace\",\"replacement\":\"" BLANK "\",\"prepend_scheme\":\"" scheme "\",\"split\":false}"

/* What blanks become, and which get one in front. */
static const struct {
    const char *normalizer, *pre_tokenizer;
    hl_tok_prefix prefix;
} forms[] = {
    {SEQUENCE(PREPEND "," REPLACE), "null", HL_PREFIX_EACH},
    {SEQUENCE(REPLACE), "null", HL_PREFIX_NEVER},
    {REPLACE, "null", HL_PREFIX_NEVER},
    {"null", METASPACE("always"), HL_PREFIX_MISSING},
    {"null", METASPACE("first"), HL_PREFIX_FIRST},
    {"null", METASPACE("never"), HL_PREFIX_NEVER},
};

static bool is_json(const json_t *value, const char *text)
{
    json_t *want = json_loads(text, JSON_DECODE_ANY, NULL);
    bool same = json_is_null(want) ? !value || json_is_null(value) : json_equal(value, want);
    json_decref(want);
    return same;
}

static hl_status read_prefix(hl_tok_rules *r, const json_t *fast, const char *path)
{
    const json_t *normalizer = json_object_get(fast, "normalizer"), *before = json_object_get(fast, "pre_tokenizer");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (!is_json(normalizer, forms[i].normalizer) || !is_json(before, forms[i].pre_tokenizer)) continue;
        r->prefix = forms[i].prefix;
        return HL_OK;
    }
    const char *n = json_string_value(json_object_get(normalizer, "type")),
               *p = json_string_value(json_object_get(before, "type"));
    return HL_FAIL(HL_EFORMAT,
                   "%s: its normalizer (%.40s) and pre_tokenizer (%.40s) are not those of a Llama tokenizer; name "
                   "another tokenizer",
                   path, n ? n : "none", p ? p : "none");
}

hl_status hl_tok_fast_add(hl_tok_rules *r, const hl_vocab *pieces, const json_t *token, bool replace, int64_t says,
                          const char *path)
{
    const char *text =
        json_is_string(token) ? json_string_value(token) : json_string_value(json_object_get(token, "content"));
    if (!text) return HL_FAIL(HL_EFORMAT, "%s: an added token has no content; get the file again", path);
    if (!*text) return HL_OK;
    hl_tok_added a = {.text = (char *)(uintptr_t)text,
                      .normalized = json_is_true(json_object_get(token, "normalized")),
                      .single_word = json_is_true(json_object_get(token, "single_word")),
                      .lstrip = json_is_true(json_object_get(token, "lstrip")),
                      .rstrip = json_is_true(json_object_get(token, "rstrip"))};
    int32_t id = hl_tok_rules_add(r, pieces, a, replace);
    if (says < 0 || says == id) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: the added token %.60s is said to have the id %lld, but would get %d; correct it, or name "
                   "another tokenizer",
                   path, text, (long long)says, id);
}

static hl_status read_added(hl_tok_rules *r, const hl_vocab *pieces, const json_t *fast, const char *path)
{
    size_t i;
    json_t *token;
    json_array_foreach(json_object_get(fast, "added_tokens"), i, token)
    {
        const json_t *id = json_object_get(token, "id");
        HL_TRY(hl_tok_fast_add(r, pieces, token, false, json_is_integer(id) ? json_integer_value(id) : -1, path));
    }
    return HL_OK;
}

/* ---- the model */

static bool is_empty(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && !*json_string_value(value));
}

static hl_status check_kind(const json_t *model, const hl_vocab *pieces, const char *path)
{
    static const char *const nothing[] = {"dropout", "continuing_subword_prefix", "end_of_word_suffix"};
    const char *type = json_string_value(json_object_get(model, "type"));
    if ((type && strcmp(type, "BPE") != 0) || !json_is_array(json_object_get(model, "merges")))
        return HL_FAIL(HL_EFORMAT, "%s: its model is %.40s, not BPE as tokenizer.model's; name another tokenizer", path,
                       type ? type : "of another kind");
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        if (!is_empty(json_object_get(model, nothing[i])))
            return HL_FAIL(HL_EFORMAT, "%s: its model has %s, which is not supported; name another tokenizer", path,
                           nothing[i]);
    if (json_is_true(json_object_get(model, "ignore_merges")))
        return HL_FAIL(HL_EFORMAT, "%s: its model has ignore_merges, which is not supported; name another tokenizer",
                       path);
    bool has_bytes = hl_vocab_find(pieces, "<0x00>", 6) >= 0;
    const char *key = has_bytes ? "byte_fallback" : "fuse_unk";
    if (!json_is_true(json_object_get(model, key)))
        return HL_FAIL(HL_EFORMAT, "%s: its model has %s false, which is not supported; name another tokenizer", path,
                       key);
    return HL_OK;
}

static hl_status check_pieces(const json_t *vocab, const hl_vocab *pieces, const char *path)
{
    const char *text;
    json_t *id;
    if ((int)json_object_size(vocab) != pieces->n)
        return HL_FAIL(
            HL_EFORMAT,
            "%s: has %zu pieces where tokenizer.model has %d; remove the one that the model was not trained with", path,
            json_object_size(vocab), pieces->n);
    json_object_foreach((json_t *)(uintptr_t)vocab, text, id)
    {
        int32_t has = hl_vocab_find(pieces, text, strlen(text));
        if (!json_is_integer(id) || json_integer_value(id) != has)
            return HL_FAIL(HL_EFORMAT,
                           "%s: the id of %.60s is not that of tokenizer.model, %d; remove the file that the model was "
                           "not trained with",
                           path, text, has);
    }
    return HL_OK;
}

/* "left right", or [left, right] in newer files. */
static bool halves(const json_t *merge, hl_piece *left, hl_piece *right)
{
    const char *a = json_string_value(json_array_get(merge, 0)), *b = json_string_value(json_array_get(merge, 1)),
               *both = json_string_value(merge);
    if (both) {
        const char *blank = strchr(both, ' ');
        if (!blank) return false;
        *left = (hl_piece){both, (int)(blank - both)};
        *right = (hl_piece){blank + 1, (int)strlen(blank + 1)};
        return true;
    }
    if (!a || !b) return false;
    *left = (hl_piece){a, (int)strlen(a)};
    *right = (hl_piece){b, (int)strlen(b)};
    return true;
}

static int32_t find_joined(const hl_vocab *pieces, hl_piece a, hl_piece b)
{
    char *text = hl_alloc((size_t)a.n + (size_t)b.n + 1);
    memcpy(text, a.text, (size_t)a.n);
    memcpy(text + a.n, b.text, (size_t)b.n);
    int32_t id = hl_vocab_find(pieces, text, (size_t)(a.n + b.n));
    free(text);
    return id;
}

static hl_status read_merges(hl_tok_rules *r, const hl_vocab *pieces, const json_t *list, const char *path)
{
    size_t i;
    json_t *merge;
    r->merges = hl_alloc((json_array_size(list) + 1) * sizeof *r->merges);
    json_array_foreach(list, i, merge)
    {
        hl_piece left, right;
        if (!halves(merge, &left, &right))
            return HL_FAIL(HL_EFORMAT, "%s: merge %zu is not two pieces; get the file again", path, i);
        hl_tok_merge m = {hl_vocab_find(pieces, left.text, (size_t)left.n),
                          hl_vocab_find(pieces, right.text, (size_t)right.n), find_joined(pieces, left, right)};
        if (m.left < 0 || m.right < 0 || m.whole < 0)
            return HL_FAIL(HL_EFORMAT,
                           "%s: merge %zu is of pieces that tokenizer.model does not have; get the file again", path,
                           i);
        r->merges[r->n_merges++] = m;
    }
    return HL_OK;
}

hl_status hl_tok_fast_rules(hl_tok_rules *r, const hl_vocab *pieces, const json_t *fast, const char *path)
{
    const json_t *model = json_object_get(fast, "model");
    HL_TRY(check_kind(model, pieces, path));
    HL_TRY(check_pieces(json_object_get(model, "vocab"), pieces, path));
    HL_TRY(read_merges(r, pieces, json_object_get(model, "merges"), path));
    HL_TRY(read_prefix(r, fast, path));
    return read_added(r, pieces, fast, path);
}

/* ---- the template: [BOS] A [EOS] */

static hl_status no_template(const char *path)
{
    return HL_FAIL(HL_EFORMAT,
                   "%s: its post_processor is neither none nor a template of a token before and one behind the text; "
                   "name another tokenizer",
                   path);
}

hl_status hl_tok_fast_template(hl_tok_rules *r, const hl_vocab *pieces, const json_t *fast, const char *path)
{
    const json_t *processor = hl_json_get(fast, "post_processor"), *single = json_object_get(processor, "single");
    const char *type = json_string_value(json_object_get(processor, "type"));
    bool behind = false;
    r->bos = r->eos = -1;
    if (!processor) return HL_OK;
    if (!type || strcmp(type, "TemplateProcessing") != 0) return no_template(path);
    for (size_t i = 0; i < json_array_size(single); i++) {
        const json_t *one = json_array_get(single, i), *special = json_object_get(one, "SpecialToken");
        const char *text = json_string_value(json_object_get(special, "id"));
        int32_t id = text ? hl_tok_rules_find(r, pieces, text) : -1, *place = behind ? &r->eos : &r->bos;
        bool is_text = json_object_get(one, "Sequence") != NULL;
        if (is_text ? behind : id < 0 || *place >= 0) return no_template(path);
        if (is_text) behind = true;
        else *place = id;
    }
    return behind ? HL_OK : no_template(path);
}
