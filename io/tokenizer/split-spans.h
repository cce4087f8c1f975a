/* split-spans.h - what becomes of the delimiters that a text is cut at.
 *
 * The parts of a text, in order: those that match a pattern, and those between them.  What is handed on depends on the
 * behaviour: */
#ifndef IO_TOKENIZER_SPLIT_SPANS_H
#define IO_TOKENIZER_SPLIT_SPANS_H
#include "base/error.h"
#include "io/tokenizer/pretokenizer.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum {
    HL_SPLIT_REMOVED,       /* the parts between alone */
    HL_SPLIT_ISOLATED,      /* every part by itself */
    HL_SPLIT_MERGED_BEFORE, /* a match goes with the part before it, unless that is a match */
    HL_SPLIT_MERGED_NEXT,   /* a match goes with the part behind it, unless that is a match */
    HL_SPLIT_CONTIGUOUS     /* matches that touch are one */
} hl_split_behavior;

typedef struct {
    size_t begin, end;
    bool is_match;
} hl_split_span;

/* Start from {0}, release with hl_split_spans_free. */
typedef struct {
    hl_split_span *at;
    size_t n, room;
} hl_split_spans;

/* The behaviour by its name in tokenizer.json, in either of its spellings; absent: `normal`. */
hl_status hl_split_behavior_read(hl_split_behavior *out, const json_t *says, hl_split_behavior normal,
                                 const char *path);

void hl_split_spans_add(hl_split_spans *s, size_t begin, size_t end, bool is_match);
void hl_split_spans_free(hl_split_spans *s);

/* Hand on what the behaviour makes of the parts of text; the spans are used up. */
hl_status hl_split_spans_pass(hl_split_spans *s, hl_split_behavior b, hl_pretokenizer *p, const char *text);

#endif
