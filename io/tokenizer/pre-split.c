/* pre-split.c - the pre-tokenizer Split: cut at the matches of a regular expression or of a text.
 *
 * Patterns that many tokenizers have are cut by hand (io/tokenizer/word-scan.h), with the same result. */
#include "base/alloc.h"
#include "io/tokenizer/regex.h"
#include "io/tokenizer/split-spans.h"
#include "io/tokenizer/word-scan.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    hl_regex *regex;
    const hl_word_scan *scan; /* the same by hand, or NULL */
    hl_split_behavior behavior;
    bool invert;
    hl_split_spans spans; /* scratch */
} split;

static hl_status split_open(hl_pretokenizer *p, const json_t *says, const char *path)
{
    split *s = p->own = hl_alloc_zero(1, sizeof *s);
    const json_t *pattern = json_object_get(says, "pattern");
    const char *text = json_string_value(json_object_get(pattern, "String")),
               *regex = json_string_value(json_object_get(pattern, "Regex"));
    if ((!text && !regex) || (text && !*text))
        return HL_FAIL(HL_EFORMAT, "%s: a Split has no pattern; get the file again", path);
    HL_TRY(hl_split_behavior_read(&s->behavior, says, HL_SPLIT_REMOVED, path));
    s->invert = json_is_true(json_object_get(says, "invert"));
    HL_TRY(regex ? hl_regex_open(&s->regex, regex, path) : hl_regex_open_literal(&s->regex, text, path));
    if (regex && s->behavior == HL_SPLIT_ISOLATED) s->scan = hl_word_scan_find(regex);
    return HL_OK;
}

static hl_status find_spans(split *s, const char *text, size_t n)
{
    hl_regex_match m = {0};
    size_t from = 0;
    bool found;
    s->spans.n = 0;
    for (;;) {
        HL_TRY(hl_regex_next(s->regex, &m, text, n, &found));
        if (!found) break;
        if (m.begin != from) hl_split_spans_add(&s->spans, from, m.begin, s->invert);
        hl_split_spans_add(&s->spans, m.begin, m.end, !s->invert);
        from = m.end;
    }
    if (from != n) hl_split_spans_add(&s->spans, from, n, s->invert);
    return HL_OK;
}

static hl_status split_cut(hl_pretokenizer *p, const char *text, size_t n)
{
    split *s = p->own;
    if (s->scan) return hl_word_scan_pass(s->scan, p, text, n);
    HL_TRY(find_spans(s, text, n));
    return hl_split_spans_pass(&s->spans, s->behavior, p, text);
}

static void split_close(hl_pretokenizer *p)
{
    split *s = p->own;
    if (!s) return;
    hl_regex_close(s->regex);
    hl_split_spans_free(&s->spans);
    free(s);
}

const hl_pretokenizer_kind hl_pretokenizer_split = {"Split", split_open, split_cut, split_close};
