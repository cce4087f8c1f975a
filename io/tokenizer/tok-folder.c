/* tok-folder.c - what the files around tokenizer.model say, as AutoTokenizer of transformers heeds them. */
#include "io/tokenizer/tok-folder.h"
#include "base/arena.h"
#include "base/path.h"
#include "io/files/json.h"
#include "io/tokenizer/tok-fast.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG, MAP, ADDED, FAST, MODEL, FILES };
static const char *const names[FILES] = {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                                         "tokenizer.json", "config.json"};
enum { MOST_FILE = 256 << 20 };

typedef struct {
    json_t *file[FILES]; /* NULL where it is not there */
    char path[FILES][PATH_MAX];
    bool is_llama;     /* a class that puts BOS and EOS itself; else the template of tokenizer.json does */
    bool is_made_anew; /* from tokenizer.model; else tokenizer.json is the base */
} folder;

static hl_status read_files(folder *f, const char *where)
{
    for (int i = 0; i < FILES; i++) {
        HL_TRY(hl_path_make(f->path[i], "%s/%s", where, names[i]));
        if (access(f->path[i], F_OK) == 0) HL_TRY(hl_json_read(f->path[i], MOST_FILE, &f->file[i]));
    }
    return HL_OK;
}

static json_t *get(const folder *f, int file, const char *key) { return hl_json_get(f->file[file], key); }

/* ---- the class */

static hl_status refuse_class(const char *path, const char *key, const char *is)
{
    return HL_FAIL(HL_EFORMAT,
                   "%s: %s is %.60s, and tokenizer.model is read as a LlamaTokenizer reads it; name another tokenizer",
                   path, key, is);
}

static hl_status find_class(folder *f)
{
    static const char *const llamas[] = {"LlamaTokenizer", "LlamaTokenizerFast"}, *const types[] = {
                                                                                      "llama",
                                                                                      "mistral"}; /* two each */
    int file = get(f, CONFIG, "tokenizer_class") ? CONFIG : MODEL;
    const char *class = json_string_value(get(f, file, "tokenizer_class")),
               *type = json_string_value(get(f, MODEL, "model_type"));
    if (json_object_get(get(f, CONFIG, "auto_map"), "AutoTokenizer"))
        return HL_FAIL(HL_EFORMAT,
                       "%s: auto_map names code of the tokenizer's own, which is not run; name another tokenizer",
                       f->path[CONFIG]);
    for (size_t i = 0; i < sizeof llamas / sizeof llamas[0]; i++) {
        if (class && strcmp(class, llamas[i]) == 0) f->is_llama = true;
        if (!class && (!type || strcmp(type, types[i]) == 0)) f->is_llama = true;
    }
    bool is_plain = class && strcmp(class, "PreTrainedTokenizerFast") == 0;
    if (f->is_llama || (is_plain && f->file[FAST])) return HL_OK;
    if (is_plain)
        return HL_FAIL(HL_EFORMAT,
                       "%s: tokenizer_class is PreTrainedTokenizerFast, which reads tokenizer.json alone, and there is "
                       "none; get the whole folder",
                       f->path[CONFIG]);
    return class ? refuse_class(f->path[file], "tokenizer_class", class)
                 : refuse_class(f->path[MODEL], "model_type", type);
}

/* ---- values */

/* true, false, or null, which is false to Python; what is absent stays. */
static hl_status read_switch(bool *is, const folder *f, const char *key)
{
    const json_t *value = json_object_get(f->file[CONFIG], key);
    if (!value) return HL_OK;
    if (!json_is_boolean(value) && !json_is_null(value))
        return HL_FAIL(HL_EFORMAT, "%s: %s is neither true nor false; correct it", f->path[CONFIG], key);
    *is = json_is_true(value);
    return HL_OK;
}

/* Where the ids of added tokens are in tokenizer_config.json, the other files are not asked. */
static bool has_decoder(const folder *f) { return get(f, CONFIG, "added_tokens_decoder") != NULL; }

/* The value of a special token.  special_tokens_map.json is older: it counts where the ids of added tokens are not in
 * tokenizer_config.json. */
static const json_t *special_value(const folder *f, const char *key, int *file)
{
    const json_t *in_map = json_object_get(f->file[MAP], key);
    *file = !has_decoder(f) && in_map ? MAP : CONFIG;
    return *file == MAP ? in_map : json_object_get(f->file[CONFIG], key);
}

static const char *content_of(const json_t *token)
{
    return json_is_string(token) ? json_string_value(token) : json_string_value(json_object_get(token, "content"));
}

/* ---- added tokens */

typedef struct {
    int64_t id;
    const json_t *token;
    const char *text; /* of added_tokens.json, which has no tokens */
} numbered;

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const numbered *)a)->id, y = ((const numbered *)b)->id;
    return (x > y) - (x < y);
}

static bool is_special_of_map(const folder *f, const char *text)
{
    const char *key;
    json_t *value, *one;
    size_t i;
    for (int file = CONFIG; file <= MAP; file++) json_object_foreach(f->file[file], key, value)
        {
            const char *content = content_of(value);
            bool names_one = strlen(key) > 6 && strcmp(key + strlen(key) - 6, "_token") == 0;
            if (names_one && content && strcmp(content, text) == 0) return true;
            json_array_foreach(strcmp(key, "additional_special_tokens") == 0 ? value : NULL, i,
                               one) if (content_of(one) && strcmp(content_of(one), text) == 0) return true;
        }
    return false;
}

/* added_tokens.json says texts and ids only. */
static hl_status add_old(hl_tok_rules *r, const hl_vocab *pieces, const folder *f, const numbered *n)
{
    bool special = is_special_of_map(f, n->text);
    json_t *token = json_pack("{s:s, s:b}", "content", n->text, "normalized", !special);
    hl_status s = hl_tok_fast_add(r, pieces, token, true, n->id, f->path[ADDED]);
    json_decref(token);
    return s;
}

static hl_status add_listed(hl_tok_rules *r, const hl_vocab *pieces, const folder *f, numbered *list, int n)
{
    if (n) qsort(list, (size_t)n, sizeof *list, by_id);
    for (int i = 0; i < n; i++) {
        if (list[i].text) HL_TRY(add_old(r, pieces, f, &list[i]));
        else HL_TRY(hl_tok_fast_add(r, pieces, list[i].token, true, list[i].id, f->path[CONFIG]));
    }
    return HL_OK;
}

static int list_decoder(numbered *list, const folder *f)
{
    const char *key;
    json_t *token;
    int n = 0;
    json_object_foreach(get(f, CONFIG, "added_tokens_decoder"), key, token) list[n++] =
        (numbered){strtoll(key, NULL, 10), token, NULL};
    return n;
}

static int64_t id_of(const json_t *id) { return json_is_integer(id) ? json_integer_value(id) : -1; }

static int list_older(numbered *list, const folder *f)
{
    const char *key;
    json_t *token;
    size_t i;
    int n = 0;
    json_object_foreach(f->file[ADDED], key, token) list[n++] = (numbered){id_of(token), NULL, key};
    json_array_foreach(get(f, FAST, "added_tokens"), i, token) list[n++] =
        (numbered){id_of(json_object_get(token, "id")), token, NULL};
    return n;
}

/* added_tokens_decoder {"id": token}; else added_tokens.json {"text": id} and what tokenizer.json adds.  In the
 * order of their ids. */
static hl_status add_numbered(hl_tok_rules *r, const hl_vocab *pieces, const folder *f)
{
    size_t most = json_object_size(get(f, CONFIG, "added_tokens_decoder")) + json_object_size(f->file[ADDED])
                  + json_array_size(get(f, FAST, "added_tokens"));
    numbered *list = hl_alloc_zero(most + 1, sizeof *list);
    hl_status s = add_listed(r, pieces, f, list, has_decoder(f) ? list_decoder(list, f) : list_older(list, f));
    free(list);
    return s;
}

static const struct {
    const char *key, *normal; /* what a LlamaTokenizer has where the key is absent */
} specials[] = {
    {"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"sep_token", NULL},
    {"pad_token", NULL},  {"cls_token", NULL},   {"mask_token", NULL},
};
enum { SPECIALS = sizeof specials / sizeof specials[0] };

/* Its text; NULL where it has none. */
static hl_status special_text(const char **text, const folder *f, int i, const json_t **token)
{
    int file;
    *token = special_value(f, specials[i].key, &file);
    *text = *token ? content_of(*token) : f->is_llama ? specials[i].normal : NULL;
    if (*text || !*token || json_is_null(*token)) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: %s is neither null, a text nor a token with content; correct it", f->path[file],
                   specials[i].key);
}

/* Is there a token with an id that a special token of this text means?  (added_tokens.json has texts, not tokens.) */
static bool is_numbered(const folder *f, const char *text)
{
    json_t *decoder = get(f, CONFIG, "added_tokens_decoder"), *token;
    const char *key;
    size_t i;
    json_object_foreach(decoder, key, token) if (content_of(token) && strcmp(content_of(token), text) == 0) return true;
    json_array_foreach(decoder ? NULL : get(f, FAST, "added_tokens"), i,
                       token) if (content_of(token) && strcmp(content_of(token), text) == 0) return true;
    return false;
}

/* One that is given by a key: a numbered one is meant where there is one, an object stands for itself, and a text for a
 * token that is there, if any. */
static hl_status add_given(hl_tok_rules *r, const hl_vocab *pieces, const folder *f, const json_t *token, bool replace,
                           int file)
{
    const char *text = content_of(token);
    if (text && is_numbered(f, text)) return HL_OK;
    return hl_tok_fast_add(r, pieces, token, replace || json_is_object(token), -1, f->path[file]);
}

static hl_status add_list(hl_tok_rules *r, const hl_vocab *pieces, const folder *f, const json_t *list, int file)
{
    const char *key;
    json_t *token;
    size_t i;
    json_array_foreach(list, i, token) HL_TRY(add_given(r, pieces, f, token, false, file));
    if (json_is_object(list))
        json_object_foreach((json_t *)(uintptr_t)list, key, token) HL_TRY(add_given(r, pieces, f, token, false, file));
    return HL_OK;
}

/* BOS, EOS and UNK of a tokenizer that is made anew are tokens of the class's making, not texts. */
static hl_status add_special(hl_tok_rules *r, const hl_vocab *pieces, const folder *f, int i)
{
    const char *text;
    const json_t *token;
    bool replace = f->is_made_anew && i < 3;
    HL_TRY(special_text(&text, f, i, &token));
    if (text && token) return add_given(r, pieces, f, token, replace, CONFIG);
    if (text) hl_tok_rules_add(r, pieces, (hl_tok_added){.text = (char *)(uintptr_t)text}, replace);
    return HL_OK;
}

static hl_status add_specials(hl_tok_rules *r, const hl_vocab *pieces, const folder *f)
{
    static const char *const lists[] = {"additional_special_tokens", "extra_special_tokens"};
    for (int i = 0; i < SPECIALS; i++) HL_TRY(add_special(r, pieces, f, i));
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        int file;
        const json_t *list = special_value(f, lists[i], &file);
        HL_TRY(add_list(r, pieces, f, list, file));
    }
    return HL_OK;
}

/* ---- prefix, BOS and EOS */

/* Of a tokenizer that is made from tokenizer.model: add_prefix_space counts as it is given, so null is false. */
static hl_status model_prefix(hl_tok_rules *r, const folder *f)
{
    bool prefix = true, legacy = true;
    HL_TRY(read_switch(&prefix, f, "add_prefix_space"));
    if (get(f, CONFIG, "legacy")) HL_TRY(read_switch(&legacy, f, "legacy"));
    r->prefix = !prefix ? HL_PREFIX_NEVER : legacy ? HL_PREFIX_EACH : HL_PREFIX_FIRST;
    return HL_OK;
}

/* add_bos_token with bos_token (0), add_eos_token with eos_token (1). */
static hl_status read_end(int32_t *id, const hl_tok_rules *r, const hl_vocab *pieces, const folder *f, int i,
                          const char *key, bool normal)
{
    const char *text;
    const json_t *token;
    bool add = normal;
    HL_TRY(read_switch(&add, f, key));
    HL_TRY(special_text(&text, f, i, &token));
    if (add && !text)
        return HL_FAIL(HL_EFORMAT, "%s: %s is true, but there is no %s; correct one of them", f->path[CONFIG], key,
                       specials[i].key);
    *id = add ? hl_tok_rules_find(r, pieces, text) : -1;
    return HL_OK;
}

static hl_status read_ends(hl_tok_rules *r, const hl_vocab *pieces, const folder *f)
{
    if (!f->is_llama) return hl_tok_fast_template(r, pieces, f->file[FAST], f->path[FAST]);
    HL_TRY(read_end(&r->bos, r, pieces, f, 0, "add_bos_token", true));
    return read_end(&r->eos, r, pieces, f, 1, "add_eos_token", false);
}

static hl_status read_rules(hl_tok_rules *r, const hl_vocab *pieces, folder *f, const char *where)
{
    HL_TRY(read_files(f, where));
    HL_TRY(find_class(f));
    f->is_made_anew = !f->file[FAST] || (f->is_llama && get(f, CONFIG, "add_prefix_space"));
    if (!f->is_made_anew) hl_tok_rules_free(r);
    HL_TRY(f->is_made_anew ? model_prefix(r, f) : hl_tok_fast_rules(r, pieces, f->file[FAST], f->path[FAST]));
    HL_TRY(add_numbered(r, pieces, f));
    HL_TRY(add_specials(r, pieces, f));
    HL_TRY(read_switch(&r->split_special, f, "split_special_tokens"));
    return read_ends(r, pieces, f);
}

hl_status hl_tok_folder_read(hl_tok_rules *r, const hl_vocab *pieces, const char *where)
{
    folder *f = hl_alloc_zero(1, sizeof *f);
    hl_status s = read_rules(r, pieces, f, where);
    for (int i = 0; i < FILES; i++) json_decref(f->file[i]);
    free(f);
    return s;
}
