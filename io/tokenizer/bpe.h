/* bpe.h - byte pair encoding: neighbours become one, the best pair of all first. */
#ifndef IO_TOKENIZER_BPE_H
#define IO_TOKENIZER_BPE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct hl_bpe hl_bpe;

hl_bpe *hl_bpe_new(void);
void hl_bpe_free(hl_bpe *b);

/* The pair (left, right) becomes `whole`.  Pairs are added in the order of their ranks, the best first, each once. */
void hl_bpe_add(hl_bpe *b, int32_t left, int32_t right, int32_t whole);
bool hl_bpe_has(const hl_bpe *b, int32_t left, int32_t right);

/* Merge ids (n) in place; returns how many are left.  O(n log n).  Among pairs of one rank the leftmost is merged
 * first.  b has scratch inside: one thread at a time. */
int hl_bpe_merge(hl_bpe *b, int32_t *ids, int n);

#endif
