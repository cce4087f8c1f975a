/* tok-specials.c - the tokens that the files around a tokenizer's pieces add to it.
 *
 * First those with an id, in the order of their ids; then the special tokens, which are given by keys, and of which a
 * text means a token that is there, if any. */
#include "io/tokenizer/tok-specials.h"
#include "base/alloc.h"
#include "io/files/json.h"
#include "io/tokenizer/fast-json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *decoder(const hl_tok_config *c) { return hl_json_get(c->file[HL_TOK_CONFIG], "added_tokens_decoder"); }

static const char *content_of(const json_t *token)
{
    return json_is_string(token) ? json_string_value(token) : json_string_value(json_object_get(token, "content"));
}

static bool is_text(const json_t *token, const char *text)
{
    const char *content = content_of(token);
    return content && strcmp(content, text) == 0;
}

/* ---- tokens with an id */

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

static bool is_special_of_map(const hl_tok_config *c, const char *text)
{
    const char *key;
    json_t *value, *one;
    size_t i;
    for (int file = HL_TOK_CONFIG; file <= HL_TOK_MAP; file++) json_object_foreach(c->file[file], key, value)
        {
            bool names_one = strlen(key) > 6 && strcmp(key + strlen(key) - 6, "_token") == 0;
            if (names_one && is_text(value, text)) return true;
            json_array_foreach(strcmp(key, "additional_special_tokens") == 0 ? value : NULL, i,
                               one) if (is_text(one, text)) return true;
        }
    return false;
}

/* added_tokens.json says texts and ids only. */
static hl_status add_old(json_t *fast, const hl_tok_config *c, const numbered *n)
{
    bool special = is_special_of_map(c, n->text);
    json_t *token = json_pack("{s:s, s:b, s:b}", "content", n->text, "normalized", !special, "special", special);
    hl_status s = hl_fast_json_add(fast, token, true, n->id, c->path[HL_TOK_ADDED]);
    json_decref(token);
    return s;
}

static hl_status add_listed(json_t *fast, const hl_tok_config *c, numbered *list, int n)
{
    if (n) qsort(list, (size_t)n, sizeof *list, by_id);
    for (int i = 0; i < n; i++) {
        if (list[i].text) HL_TRY(add_old(fast, c, &list[i]));
        else HL_TRY(hl_fast_json_add(fast, list[i].token, true, list[i].id, c->path[HL_TOK_CONFIG]));
    }
    return HL_OK;
}

static int64_t id_of(const json_t *id) { return json_is_integer(id) ? json_integer_value(id) : -1; }

static json_t *added_of_fast(const hl_tok_config *c) { return json_object_get(c->file[HL_TOK_FAST], "added_tokens"); }

/* added_tokens_decoder {"id": token}; else added_tokens.json {"text": id}, and what a tokenizer.json adds that is not
 * read otherwise. */
static hl_status add_numbered(json_t *fast, const hl_tok_config *c)
{
    const char *key;
    json_t *token;
    size_t i, most = json_object_size(decoder(c)) + json_object_size(c->file[HL_TOK_ADDED]) + 1;
    int n = 0;
    numbered *list = hl_alloc_zero(most + json_array_size(added_of_fast(c)), sizeof *list);
    json_object_foreach(decoder(c), key, token) list[n++] = (numbered){strtoll(key, NULL, 10), token, NULL};
    if (!decoder(c)) {
        json_object_foreach(c->file[HL_TOK_ADDED], key, token) list[n++] = (numbered){id_of(token), NULL, key};
        json_array_foreach(added_of_fast(c), i, token) list[n++] =
            (numbered){id_of(json_object_get(token, "id")), token, NULL};
    }
    hl_status s = add_listed(fast, c, list, n);
    free(list);
    return s;
}

/* ---- special tokens */

/* Is there a token with an id that a special token of this text means? */
static bool is_numbered(const json_t *fast, const hl_tok_config *c, const char *text)
{
    const char *key;
    json_t *token;
    size_t i;
    json_object_foreach(decoder(c), key, token) if (is_text(token, text)) return true;
    const json_t *own =
        json_object_get(fast, "is_made_of_pieces") ? added_of_fast(c) : json_object_get(fast, "added_tokens");
    json_array_foreach(decoder(c) ? NULL : own, i, token) if (is_text(token, text)) return true;
    return false;
}

/* One that is given by a key: a numbered one is meant where there is one, an object stands for itself, and a text for a
 * token that is there, if any. */
static hl_status add_given(json_t *fast, const hl_tok_config *c, const json_t *token, bool replace, int file)
{
    const char *text = content_of(token);
    if (text && is_numbered(fast, c, text)) return HL_OK;
    return hl_fast_json_add(fast, token, replace || json_is_object(token), -1, c->path[file]);
}

static hl_status add_list(json_t *fast, const hl_tok_config *c, const char *key)
{
    int file;
    const char *name;
    json_t *token;
    size_t i;
    const json_t *list = hl_tok_config_value(c, key, &file);
    json_array_foreach(list, i, token) HL_TRY(add_given(fast, c, token, false, file));
    if (json_is_object(list))
        json_object_foreach((json_t *)(uintptr_t)list, name, token) HL_TRY(add_given(fast, c, token, false, file));
    return HL_OK;
}

/* A token of the class's making for a text. */
static hl_status add_made(json_t *fast, const hl_tok_config *c, const char *text, int which, bool replace,
                          const char *path)
{
    bool blanks = which == HL_TOK_MASK && c->class->mask_takes_blanks;
    json_t *token = json_pack("{s:s, s:b, s:b}", "content", text, "special", 1, "lstrip", blanks);
    hl_status s = hl_fast_json_add(fast, token, replace || blanks || c->class->specials_are_objects, -1, path);
    json_decref(token);
    return s;
}

static hl_status add_special(json_t *fast, const hl_tok_config *c, int which, const char *path)
{
    int file;
    const json_t *token = hl_tok_config_value(c, hl_tok_config_key(which), &file);
    const char *text = hl_tok_config_special(c, which);
    /* of a tokenizer that is made of its pieces the first three are the class's */
    bool replace = json_object_get(fast, "is_made_of_pieces") && which <= HL_TOK_UNK;
    if (token && !content_of(token) && !json_is_null(token))
        return HL_FAIL(HL_EFORMAT, "%s: %s is neither null, a text nor a token with content; correct it", c->path[file],
                       hl_tok_config_key(which));
    if (!text) return HL_OK;
    if (token && is_numbered(fast, c, text)) return HL_OK;
    if (token && json_is_object(token)) return hl_fast_json_add(fast, token, true, -1, c->path[file]);
    return add_made(fast, c, text, which, replace, token ? c->path[file] : path);
}

/* T5's <extra_id_0>, ..., unless the list of others has some. */
static hl_status add_extra_ids(json_t *fast, const hl_tok_config *c, const char *path)
{
    const json_t *given = hl_json_get(c->file[HL_TOK_CONFIG], "extra_ids"), *one;
    const json_t *list = hl_json_get(c->file[HL_TOK_CONFIG], "additional_special_tokens");
    json_int_t n = json_is_integer(given) ? json_integer_value(given) : c->class->extra_ids;
    size_t i;
    char text[40];
    json_array_foreach(list, i, one) if (content_of(one) && strstr(content_of(one), "<extra_id_")) return HL_OK;
    if (n < 0 || n > 10000)
        return HL_FAIL(HL_EFORMAT, "%s: extra_ids is not a number from 0 to 10000", c->path[HL_TOK_CONFIG]);
    for (json_int_t k = 0; k < n; k++) {
        snprintf(text, sizeof text, "<extra_id_%lld>", (long long)k);
        HL_TRY(add_made(fast, c, text, HL_TOK_PAD, false, path));
    }
    return HL_OK;
}

hl_status hl_tok_specials_apply(const hl_tok_config *c, json_t *fast, const char *path)
{
    HL_TRY(add_numbered(fast, c));
    for (int i = 0; i < HL_TOK_SPECIALS; i++) HL_TRY(add_special(fast, c, i, path));
    HL_TRY(add_list(fast, c, "additional_special_tokens"));
    HL_TRY(add_list(fast, c, "extra_special_tokens"));
    return c->class->extra_ids ? add_extra_ids(fast, c, path) : HL_OK;
}
