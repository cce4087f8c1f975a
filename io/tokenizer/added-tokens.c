/* added-tokens.c - tokens that are cut out of a text before anything else, special or not. */
#include "io/tokenizer/added-tokens.h"
#include "base/alloc.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/minmax.h"
#include "io/files/utf8.h"
#include "io/tokenizer/tok-vocab.h"
#include "io/tokenizer/unicode.h"
#include <stdlib.h>
#include <string.h>

/* ---- reading */

static void add(hl_added_tokens *a, hl_added_token token)
{
    HL_RESERVE(a->at, a->room, a->n + 1);
    a->at[a->n++] = token;
}

static bool is_true(const json_t *token, const char *key) { return json_is_true(json_object_get(token, key)); }

static hl_status check(const json_t *token, size_t i, const char *path)
{
    const json_t *id = json_object_get(token, "id");
    if (!json_is_string(json_object_get(token, "content")))
        return HL_FAIL(HL_EFORMAT, "%s: added token %zu has no content; get the file again", path, i);
    if (json_is_integer(id) && json_integer_value(id) >= 0 && json_integer_value(id) < HL_TOK_VOCAB_MOST) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: the id of added token %zu is not a number from 0 to %d; get the file again", path,
                   i, HL_TOK_VOCAB_MOST - 1);
}

static hl_status read_one(hl_added_tokens *raw, hl_added_tokens *normalized, const json_t *token,
                          hl_normalizer *normalizer)
{
    const json_t *content = json_object_get(token, "content");
    const char *text = json_string_value(content);
    size_t n = json_string_length(content);
    bool is_normalized = is_true(token, "normalized");
    if (is_normalized) HL_TRY(hl_normalizer_run(normalizer, &text, &n));
    if (n == 0) return HL_OK;
    hl_added_token a = {.n = n,
                        .id = (int32_t)json_integer_value(json_object_get(token, "id")),
                        .special = is_true(token, "special"),
                        .single_word = is_true(token, "single_word"),
                        .lstrip = is_true(token, "lstrip"),
                        .rstrip = is_true(token, "rstrip")};
    a.text = hl_alloc(n);
    memcpy(a.text, text, n);
    add(is_normalized ? normalized : raw, a);
    return HL_OK;
}

static int by_first_byte_longest_first(const void *a, const void *b)
{
    const hl_added_token *x = a, *y = b;
    if (x->text[0] != y->text[0]) return (unsigned char)x->text[0] < (unsigned char)y->text[0] ? -1 : 1;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    int order = memcmp(x->text, y->text, x->n);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

static void sort(hl_added_tokens *a)
{
    if (a->n) qsort(a->at, (size_t)a->n, sizeof *a->at, by_first_byte_longest_first);
    for (int i = 0, b = 0; b < 257; b++) {
        while (i < a->n && (unsigned char)a->at[i].text[0] < b) i++;
        a->first[b] = i;
    }
}

hl_status hl_added_tokens_read(hl_added_tokens *raw, hl_added_tokens *normalized, const json_t *list,
                               hl_normalizer *normalizer, const char *path)
{
    size_t i;
    json_t *token;
    if (list && !json_is_null(list) && !json_is_array(list))
        return HL_FAIL(HL_EFORMAT, "%s: its added_tokens are no list; get the file again", path);
    json_array_foreach(list, i, token)
    {
        HL_TRY(check(token, i, path));
        HL_TRY(read_one(raw, normalized, token, normalizer));
    }
    sort(raw);
    sort(normalized);
    return HL_OK;
}

void hl_added_tokens_free(hl_added_tokens *a)
{
    for (int i = 0; i < a->n; i++) free(a->at[i].text);
    free(a->at);
    *a = (hl_added_tokens){0};
}

uint64_t hl_added_tokens_digest(const hl_added_tokens *a)
{
    uint64_t sum = 0;
    for (int i = 0; i < a->n; i++) {
        const hl_added_token *t = &a->at[i];
        int32_t facts[] = {t->id, t->single_word, t->lstrip, t->rstrip, t->special && a->lets_special_pass};
        sum += hl_digest_join(hl_digest(t->text, t->n), hl_digest(facts, sizeof facts));
    }
    return sum;
}

/* ---- finding */

/* The longest token that the text begins with, or NULL. */
static const hl_added_token *token_at(const hl_added_tokens *a, const char *text, size_t n)
{
    unsigned char b = (unsigned char)text[0];
    for (int i = a->first[b]; i < a->first[b + 1]; i++)
        if (a->at[i].n <= n && memcmp(a->at[i].text, text, a->at[i].n) == 0) return &a->at[i];
    return NULL;
}

static bool is_word(const char *text, size_t n)
{
    int bytes;
    return hl_unicode_class(hl_unicode_code(text, n, &bytes)) & HL_UNICODE_WORD;
}

/* Does a word end at text[end]? */
static bool ends_word(const char *text, size_t end)
{
    size_t at = end;
    while (at > 0 && (text[--at] & 0xC0) == 0x80) {}
    return at < end && is_word(text + at, end - at);
}

static bool is_passed(const hl_added_tokens *a, const hl_added_token *t, const char *text, size_t n, size_t at)
{
    size_t end = at + t->n;
    if (t->special && a->lets_special_pass) return true;
    return t->single_word && (ends_word(text, at) || (end < n && is_word(text + end, n - end)));
}

/* Where the white space before text[end] begins, text[begin] at the earliest. */
static size_t back_over_space(const char *text, size_t begin, size_t end)
{
    size_t from = end;
    for (size_t at = begin; at < end;) {
        size_t space = hl_utf8_space(text + at, end - at);
        from = space ? hl_min(from, at) : end;
        at += space ? space : (size_t)hl_utf8_length(text + at, end - at);
    }
    return from;
}

static size_t over_space(const char *text, size_t at, size_t n)
{
    for (size_t space; at < n && (space = hl_utf8_space(text + at, n - at)) > 0;) at += space;
    return at;
}

/* The search goes on behind the token itself, also where it takes the space behind it. */
static void take(hl_added_match *m, const hl_added_token *t, const char *text, size_t n)
{
    size_t begin = t->lstrip && m->at > m->next ? back_over_space(text, m->next, m->at) : m->at, end = m->at + t->n;
    m->begin = m->next;
    m->end = hl_max(begin, m->next);
    m->id = t->id;
    m->at = end;
    m->next = hl_max(t->rstrip ? over_space(text, end, n) : end, m->next);
}

bool hl_added_tokens_next(const hl_added_tokens *a, hl_added_match *m, const char *text, size_t n)
{
    if (m->next > n) return false;
    while (a->n && m->at < n) {
        const hl_added_token *t = token_at(a, text + m->at, n - m->at);
        if (t && !is_passed(a, t, text, n, m->at)) return take(m, t, text, n), true;
        m->at += t ? t->n : 1;
    }
    *m = (hl_added_match){m->next, n, -1, n, n + 1};
    return true;
}
