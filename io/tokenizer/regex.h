/* regex.h - the regular expressions of tokenizers, which are Oniguruma's, by PCRE2.
 *
 * The two differ in what \s, \w, \h, ^, $ and names of scripts mean; a pattern is rewritten where that can be done
 * (io/tokenizer/regex-rewrite.h), and refused by name where it cannot. */
#ifndef IO_TOKENIZER_REGEX_H
#define IO_TOKENIZER_REGEX_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct hl_regex hl_regex;

/* path: the file that the pattern is from, for sentences.  HL_EFORMAT where it is none.  Close *out also after a
 * failure. */
hl_status hl_regex_open(hl_regex **out, const char *pattern, const char *path);

/* The pattern that is this text. */
hl_status hl_regex_open_literal(hl_regex **out, const char *text, const char *path);
void hl_regex_close(hl_regex *r);

/* Where a search has come to; starts from {0}. */
typedef struct {
    size_t begin, end; /* of the last match */
    size_t at;         /* where the next search begins */
    bool has_matched;
} hl_regex_match;

/* The next match in text, n bytes of UTF-8; *found is false where there is none.  Matches do not overlap, and an
 * empty one does not stand at the end of the one before.  HL_EFORMAT where it takes too long: a pattern can take a
 * time that is exponential. */
hl_status hl_regex_next(hl_regex *r, hl_regex_match *m, const char *text, size_t n, bool *found);

#endif
