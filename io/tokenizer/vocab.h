/* vocab.h - pieces of text and their ids. */
#ifndef IO_TOKENIZER_VOCAB_H
#define IO_TOKENIZER_VOCAB_H
#include "base/hash-table.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *text; /* borrowed from whoever added it; n bytes, no terminating NUL */
    int n;
} hl_piece;

/* Start from {0}, release with hl_vocab_free.  Piece i has id i. */
typedef struct {
    hl_piece *piece;
    int n;
    size_t room;
    hl_hash_table ids;
} hl_vocab;

/* Add a piece; returns its id, which is the number of pieces before it, or -1 where the vocabulary has the piece
 * already. */
int32_t hl_vocab_add(hl_vocab *v, const char *text, size_t n);
/* The piece's id, or -1. */
int32_t hl_vocab_find(const hl_vocab *v, const char *text, size_t n);
void hl_vocab_free(hl_vocab *v);

#endif
