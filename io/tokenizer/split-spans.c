/* split-spans.c - what becomes of the delimiters that a text is cut at. */
#include "io/tokenizer/split-spans.h"
#include "base/array.h"
#include <stdlib.h>
#include <string.h>

hl_status hl_split_behavior_read(hl_split_behavior *out, const json_t *says, hl_split_behavior normal, const char *path)
{
    static const struct {
        const char *name;
        hl_split_behavior is;
    } names[] = {{"Removed", HL_SPLIT_REMOVED},
                 {"Isolated", HL_SPLIT_ISOLATED},
                 {"MergedWithPrevious", HL_SPLIT_MERGED_BEFORE},
                 {"MergedWithNext", HL_SPLIT_MERGED_NEXT},
                 {"Contiguous", HL_SPLIT_CONTIGUOUS}};
    const char *name = json_string_value(json_object_get(says, "behavior"));
    *out = normal;
    if (!name) return HL_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i].name) == 0) return *out = names[i].is, HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: the behavior %.40s of a pre-tokenizer is not supported", path, name);
}

void hl_split_spans_add(hl_split_spans *s, size_t begin, size_t end, bool is_match)
{
    HL_RESERVE(s->at, s->room, s->n + 1);
    s->at[s->n++] = (hl_split_span){begin, end, is_match};
}

void hl_split_spans_free(hl_split_spans *s)
{
    free(s->at);
    *s = (hl_split_spans){0};
}

/* The parts that are joined lie at at[0], ..., n of them is returned. */
static size_t merge_before(hl_split_span *at, size_t n)
{
    size_t kept = 0;
    bool after_match = false;
    for (size_t i = 0; i < n; i++) {
        hl_split_span one = at[i];
        if (one.is_match && !after_match && kept) at[kept - 1].end = one.end;
        else at[kept++] = one;
        after_match = one.is_match;
    }
    return kept;
}

static size_t merge_next(hl_split_span *at, size_t n)
{
    size_t kept = n;
    bool before_match = false;
    for (size_t i = n; i-- > 0;) {
        hl_split_span one = at[i];
        if (one.is_match && !before_match && kept < n) at[kept].begin = one.begin;
        else at[--kept] = one;
        before_match = one.is_match;
    }
    memmove(at, at + kept, (n - kept) * sizeof *at);
    return n - kept;
}

static size_t merge_contiguous(hl_split_span *at, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && at[kept - 1].is_match == at[i].is_match) at[kept - 1].end = at[i].end;
        else at[kept++] = at[i];
    }
    return kept;
}

hl_status hl_split_spans_pass(hl_split_spans *s, hl_split_behavior b, hl_pretokenizer *p, const char *text)
{
    if (b == HL_SPLIT_MERGED_BEFORE && s->n) s->n = merge_before(s->at, s->n);
    if (b == HL_SPLIT_MERGED_NEXT && s->n) s->n = merge_next(s->at, s->n);
    if (b == HL_SPLIT_CONTIGUOUS && s->n) s->n = merge_contiguous(s->at, s->n);
    for (size_t i = 0; i < s->n; i++) {
        if (b == HL_SPLIT_REMOVED && s->at[i].is_match) continue;
        HL_TRY(hl_pretokenizer_pass(p, text + s->at[i].begin, s->at[i].end - s->at[i].begin));
    }
    s->n = 0;
    return HL_OK;
}
