/* bitmap.c - a set of whole numbers below n as bits, which knows how many of them are smaller than a given one. */
#include "base/bitmap.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/minmax.h"
#include <stdlib.h>
#include <string.h>

static size_t words_of(const hl_bitmap *b) { return b->n / 64 + 1; }

void hl_bitmap_open(hl_bitmap *b, size_t n)
{
    HL_CHECK(n <= UINT32_MAX);
    *b = (hl_bitmap){.n = n};
    b->word = hl_alloc_zero(words_of(b), sizeof *b->word);
    b->before = hl_alloc_zero(words_of(b), sizeof *b->before);
}

void hl_bitmap_close(hl_bitmap *b)
{
    free(b->word);
    free(b->before);
    *b = (hl_bitmap){0};
}

void hl_bitmap_clear(hl_bitmap *b)
{
    memset(b->word, 0, words_of(b) * sizeof *b->word);
    memset(b->before, 0, words_of(b) * sizeof *b->before);
}

void hl_bitmap_count(hl_bitmap *b)
{
    uint32_t before = 0;
    for (size_t k = 0; k < words_of(b); k++) {
        b->before[k] = before;
        before += (uint32_t)__builtin_popcountll(b->word[k]);
    }
}

size_t hl_bitmap_run(const hl_bitmap *b, size_t i, size_t end)
{
    const uint64_t flip = hl_bitmap_has(b, i) ? ~(uint64_t)0 : 0; /* bits that differ from the first one are ones */
    uint64_t differ = (b->word[i / 64] ^ flip) >> i % 64 << i % 64;
    size_t at = i - i % 64;
    while (differ == 0 && at + 64 < end) {
        at += 64;
        differ = b->word[at / 64] ^ flip;
    }
    return (differ == 0 ? end : hl_min(end, at + (size_t)__builtin_ctzll(differ))) - i;
}
