/* added-tokens.h - tokens that are cut out of a text before anything else, special or not. */
#ifndef IO_TOKENIZER_ADDED_TOKENS_H
#define IO_TOKENIZER_ADDED_TOKENS_H
#include "base/error.h"
#include "io/tokenizer/normalizer.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char *text; /* as it is looked for; n bytes */
    size_t n;
    int32_t id;
    bool special, single_word;
    bool lstrip, rstrip; /* takes the white space on that side with it */
} hl_added_token;

/* Those that are looked for in one form of the text.  Start from {0}, release with hl_added_tokens_free. */
typedef struct {
    hl_added_token *at; /* by first byte, then longest first */
    int n;
    size_t room;
    int first[257];         /* at[first[b]] .. at[first[b + 1] - 1] begin with byte b */
    bool lets_special_pass; /* special tokens that a text holds are text (split_special_tokens) */
} hl_added_tokens;

/* Read tokenizer.json's "added_tokens": `raw` are cut out of the text as it is, `normalized` out of the normalized
 * text, each in its normalized form.  Local. */
hl_status hl_added_tokens_read(hl_added_tokens *raw, hl_added_tokens *normalized, const json_t *list,
                               hl_normalizer *normalizer, const char *path);
void hl_added_tokens_free(hl_added_tokens *a);

/* Digest of what decides ids, in any order. */
uint64_t hl_added_tokens_digest(const hl_added_tokens *a);

/* Where a search has come to; starts from {0}. */
typedef struct {
    size_t begin, end; /* of the text before the token, or of the last text */
    int32_t id;        /* of the token behind it; -1: there is none */
    size_t at, next;   /* where the search goes on, where the next text begins */
} hl_added_match;

/* The next token, leftmost and longest first, with the text before it; false behind the last text.  There is a last
 * text also where it is empty. */
bool hl_added_tokens_next(const hl_added_tokens *a, hl_added_match *m, const char *text, size_t n);

#endif
