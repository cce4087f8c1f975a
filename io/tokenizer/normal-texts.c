/* normal-texts.c - the normalizers that work on stretches of text: Strip, Replace, Prepend. */
#include "base/alloc.h"
#include "io/files/utf8.h"
#include "io/tokenizer/normalizer.h"
#include "io/tokenizer/regex.h"
#include "io/tokenizer/unicode.h"
#include <stdlib.h>
#include <string.h>

/* ---- Strip */

typedef struct {
    bool left, right;
} strip;

static hl_status strip_open(hl_normalizer *n, const json_t *says, const char *path)
{
    strip *s = n->own = hl_alloc_zero(1, sizeof *s);
    (void)path;
    s->left = json_is_true(json_object_get(says, "strip_left"));
    s->right = json_is_true(json_object_get(says, "strip_right"));
    return HL_OK;
}

static hl_status strip_run(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    const strip *s = n->own;
    size_t begin = 0, end = 0;
    int bytes;
    (void)same;
    for (size_t space; s->left && begin < length && (space = hl_utf8_space(text + begin, length - begin)) > 0;)
        begin += space;
    for (size_t at = begin; at < length; at += (size_t)bytes) {
        bool is_space = hl_unicode_class(hl_unicode_code(text + at, length - at, &bytes)) & HL_UNICODE_SPACE;
        if (!is_space || !s->right) end = at + (size_t)bytes;
    }
    if (end > begin) hl_tok_buffer_add(out, text + begin, end - begin);
    return HL_OK;
}

static void free_own(hl_normalizer *n) { free(n->own); }

/* ---- Replace: a text or a regular expression by a text */

typedef struct {
    hl_regex *regex; /* NULL: a text is looked for */
    char *what, *content;
    size_t what_n, content_n;
} replace;

static hl_status replace_open(hl_normalizer *n, const json_t *says, const char *path)
{
    replace *r = n->own = hl_alloc_zero(1, sizeof *r);
    const json_t *pattern = json_object_get(says, "pattern");
    const char *text = json_string_value(json_object_get(pattern, "String")),
               *regex = json_string_value(json_object_get(pattern, "Regex")),
               *content = json_string_value(json_object_get(says, "content"));
    if (!content || (!text && !regex) || (text && !*text))
        return HL_FAIL(HL_EFORMAT, "%s: a Replace has no pattern or no content; get the file again", path);
    r->content = hl_alloc_text(content);
    r->content_n = strlen(content);
    if (!text) return hl_regex_open(&r->regex, regex, path);
    r->what = hl_alloc_text(text);
    r->what_n = strlen(text);
    return HL_OK;
}

static void replace_text(const replace *r, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    size_t from = 0;
    for (const char *at; (at = memmem(text + from, length - from, r->what, r->what_n));) {
        hl_tok_buffer_add(out, text + from, (size_t)(at - text) - from);
        hl_tok_buffer_add(out, r->content, r->content_n);
        from = (size_t)(at - text) + r->what_n;
    }
    *same = from == 0;
    if (!*same) hl_tok_buffer_add(out, text + from, length - from);
}

static hl_status replace_run(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    replace *r = n->own;
    hl_regex_match m = {0};
    size_t from = 0;
    bool found;
    if (!r->regex) return replace_text(r, out, same, text, length), HL_OK;
    for (;;) {
        HL_TRY(hl_regex_next(r->regex, &m, text, length, &found));
        if (!found) break;
        hl_tok_buffer_add(out, text + from, m.begin - from);
        hl_tok_buffer_add(out, r->content, r->content_n);
        from = m.end;
    }
    *same = !m.has_matched;
    if (!*same) hl_tok_buffer_add(out, text + from, length - from);
    return HL_OK;
}

static void replace_close(hl_normalizer *n)
{
    replace *r = n->own;
    if (!r) return;
    hl_regex_close(r->regex);
    free(r->what);
    free(r->content);
    free(r);
}

/* ---- Prepend: a text in front of any that is not empty */

static hl_status prepend_open(hl_normalizer *n, const json_t *says, const char *path)
{
    const char *what = json_string_value(json_object_get(says, "prepend"));
    if (!what) return HL_FAIL(HL_EFORMAT, "%s: a Prepend says no text; get the file again", path);
    n->own = hl_alloc_text(what);
    return HL_OK;
}

static hl_status prepend_run(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    *same = length == 0;
    if (*same) return HL_OK;
    hl_tok_buffer_add(out, n->own, strlen(n->own));
    hl_tok_buffer_add(out, text, length);
    return HL_OK;
}

const hl_normalizer_kind hl_normalizer_strip = {"Strip", strip_open, strip_run, free_own},
                         hl_normalizer_replace = {"Replace", replace_open, replace_run, replace_close},
                         hl_normalizer_prepend = {"Prepend", prepend_open, prepend_run, free_own};
