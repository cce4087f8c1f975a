/* pre-classes.c - pre-tokenizers that cut where a character is of a class: Digits, Punctuation, Whitespace,
 * WhitespaceSplit, BertPreTokenizer, CharDelimiterSplit. */
#include "base/alloc.h"
#include "io/tokenizer/split-spans.h"
#include "io/tokenizer/unicode.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint8_t classes;
    hl_split_behavior behavior;
    int32_t delimiter; /* of CharDelimiterSplit */
    hl_split_spans spans;
} cutter;

static cutter *new_cutter(hl_pretokenizer *p, unsigned classes, hl_split_behavior behavior)
{
    cutter *c = p->own = hl_alloc_zero(1, sizeof *c);
    c->classes = (uint8_t)classes;
    c->behavior = behavior;
    return c;
}

static void cutter_close(hl_pretokenizer *p)
{
    cutter *c = p->own;
    if (c) hl_split_spans_free(&c->spans);
    free(c);
}

/* Every character of the class is a match by itself; what is between them is one part. */
static hl_status cut_at_class(hl_pretokenizer *p, const char *text, size_t n)
{
    cutter *c = p->own;
    size_t from = 0;
    int bytes;
    c->spans.n = 0;
    for (size_t at = 0; at < n; at += (size_t)bytes) {
        int32_t code = hl_unicode_code(text + at, n - at, &bytes);
        bool is_match = c->classes ? hl_unicode_class(code) & c->classes : code == c->delimiter;
        if (!is_match) continue;
        if (at > from) hl_split_spans_add(&c->spans, from, at, false);
        hl_split_spans_add(&c->spans, at, at + (size_t)bytes, true);
        from = at + (size_t)bytes;
    }
    if (n > from) hl_split_spans_add(&c->spans, from, n, false);
    return hl_split_spans_pass(&c->spans, c->behavior, p, text);
}

static hl_status digits_open(hl_pretokenizer *p, const json_t *says, const char *path)
{
    bool each = json_is_true(json_object_get(says, "individual_digits"));
    (void)path;
    new_cutter(p, HL_UNICODE_NUMBER, each ? HL_SPLIT_ISOLATED : HL_SPLIT_CONTIGUOUS);
    return HL_OK;
}

static hl_status punctuation_open(hl_pretokenizer *p, const json_t *says, const char *path)
{
    cutter *c = new_cutter(p, HL_UNICODE_PUNCTUATION, HL_SPLIT_ISOLATED);
    return hl_split_behavior_read(&c->behavior, says, HL_SPLIT_ISOLATED, path);
}

static hl_status whitespace_split_open(hl_pretokenizer *p, const json_t *says, const char *path)
{
    (void)says, (void)path;
    new_cutter(p, HL_UNICODE_SPACE, HL_SPLIT_REMOVED);
    return HL_OK;
}

static hl_status delimiter_open(hl_pretokenizer *p, const json_t *says, const char *path)
{
    cutter *c = new_cutter(p, 0, HL_SPLIT_REMOVED);
    const char *text = json_string_value(json_object_get(says, "delimiter"));
    int bytes = 0;
    if (text && *text) c->delimiter = hl_unicode_code(text, strlen(text), &bytes);
    if (bytes && !text[bytes]) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: the delimiter of a CharDelimiterSplit is not one character", path);
}

/* Words, and runs of what is neither word nor white space. */
static hl_status whitespace_cut(hl_pretokenizer *p, const char *text, size_t n)
{
    enum { BLANK, WORD, OTHER } is, was = BLANK;
    size_t from = 0;
    int bytes;
    for (size_t at = 0; at < n; at += (size_t)bytes, was = is) {
        uint8_t class = hl_unicode_class(hl_unicode_code(text + at, n - at, &bytes));
        is = class & HL_UNICODE_WORD ? WORD : class & HL_UNICODE_SPACE ? BLANK : OTHER;
        if (is == was) continue;
        if (was != BLANK) HL_TRY(hl_pretokenizer_pass(p, text + from, at - from));
        from = at;
    }
    return was == BLANK ? HL_OK : hl_pretokenizer_pass(p, text + from, n - from);
}

/* White space is left out, and each punctuation mark stands alone. */
static hl_status bert_cut(hl_pretokenizer *p, const char *text, size_t n)
{
    size_t from = 0;
    int bytes;
    for (size_t at = 0; at < n; at += (size_t)bytes) {
        uint8_t class = hl_unicode_class(hl_unicode_code(text + at, n - at, &bytes));
        if (!(class & (HL_UNICODE_SPACE | HL_UNICODE_PUNCTUATION))) continue;
        HL_TRY(hl_pretokenizer_pass(p, text + from, at - from));
        from = at + (size_t)bytes;
        if (class & HL_UNICODE_PUNCTUATION) HL_TRY(hl_pretokenizer_pass(p, text + at, (size_t)bytes));
    }
    return hl_pretokenizer_pass(p, text + from, n - from);
}

const hl_pretokenizer_kind hl_pretokenizer_digits = {"Digits", digits_open, cut_at_class, cutter_close},
                           hl_pretokenizer_punctuation = {"Punctuation", punctuation_open, cut_at_class, cutter_close},
                           hl_pretokenizer_whitespace_split = {"WhitespaceSplit", whitespace_split_open, cut_at_class,
                                                               cutter_close},
                           hl_pretokenizer_char_delimiter = {"CharDelimiterSplit", delimiter_open, cut_at_class,
                                                             cutter_close},
                           hl_pretokenizer_whitespace = {"Whitespace", NULL, whitespace_cut, NULL},
                           hl_pretokenizer_bert = {"BertPreTokenizer", NULL, bert_cut, NULL};
