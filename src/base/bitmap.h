/* bitmap.h - a set of whole numbers below n as bits, which knows how many of them are smaller than a given one.
 *
 * Beside each word of 64 bits stands how many are in the words before it (Jacobson's rank, of one level), so a number's
 * place among those of the set is one look and one count of bits.  12 bytes for 64 numbers. */
#ifndef BASE_BITMAP_H
#define BASE_BITMAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t n;         /* numbers may be [0, n) */
    uint64_t *word;   /* (n / 64 + 1) */
    uint32_t *before; /* in the words before, after hl_bitmap_count */
} hl_bitmap;

/* Empty. */
void hl_bitmap_open(hl_bitmap *b, size_t n);
void hl_bitmap_close(hl_bitmap *b);

void hl_bitmap_clear(hl_bitmap *b);
static inline void hl_bitmap_add(hl_bitmap *b, size_t i) { b->word[i / 64] |= (uint64_t)1 << i % 64; }

/* To be called after the last number is added, before hl_bitmap_rank. */
void hl_bitmap_count(hl_bitmap *b);

static inline bool hl_bitmap_has(const hl_bitmap *b, size_t i) { return b->word[i / 64] >> i % 64 & 1; }

/* How many of the set are below i, which is at most n: where i lies among them if it is there. */
static inline size_t hl_bitmap_rank(const hl_bitmap *b, size_t i)
{
    const uint64_t below = b->word[i / 64] & (((uint64_t)1 << i % 64) - 1);
    return b->before[i / 64] + (size_t)__builtin_popcountll(below);
}

/* From i on, and before end, so many neighbours are all in the set, or all not (at least one, where i < end). */
size_t hl_bitmap_run(const hl_bitmap *b, size_t i, size_t end);

#endif
