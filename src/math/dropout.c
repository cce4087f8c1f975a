/* dropout.c - in training numbers are zeroed by chance, and the others made as much larger. */
#include "math/dropout.h"
#include "base/minmax.h"
#include "base/rng.h"
#include "math/simd.h"
#include <math.h>
#include <stddef.h>

enum { BLOCK = 8, LANES = 16, CHANCES = 1 << 16, SITES = 1 << 16 };

/* LANES blocks from a counter on, word by word: hl_philox for all of them at once. */
HL_FAST static void draw(uint32_t word[4][LANES], const hl_rng *r, uint32_t block)
{
#pragma omp simd
    for (int i = 0; i < LANES; i++) {
        uint32_t c0 = block + (uint32_t)i, c1 = r->counter[1], c2 = r->counter[2], c3 = r->counter[3];
        uint32_t k0 = r->key[0], k1 = r->key[1];
        for (int round = 0; round < 10; round++) {
            const uint64_t x = (uint64_t)0xD2511F53u * c0, y = (uint64_t)0xCD9E8D57u * c2;
            c0 = (uint32_t)(y >> 32) ^ c1 ^ k0;
            c1 = (uint32_t)y;
            c2 = (uint32_t)(x >> 32) ^ c3 ^ k1;
            c3 = (uint32_t)x;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        word[0][i] = c0, word[1][i] = c1, word[2][i] = c2, word[3][i] = c3;
    }
}

void hl_dropout_factors(float *factor, const hl_dropout *d, int sample, uint32_t block, int n)
{
    const uint32_t dropped = (uint32_t)lround(d->rate * CHANCES);
    const float kept = dropped < CHANCES ? (float)CHANCES / (float)(CHANCES - dropped) : 0;
    const hl_rng r = hl_rng_at(d->seed, HL_FOR_DROPOUT, d->step * SITES + (uint64_t)d->site, (uint32_t)sample);
    uint32_t word[4][LANES];
    for (int i = 0; i < n; i++) {
        const int k = i % (BLOCK * LANES), lane = k / BLOCK, half = k % 2, which = k % BLOCK / 2;
        if (k == 0) draw(word, &r, block + (uint32_t)(i / BLOCK));
        factor[i] = (word[which][lane] >> 16 * half & (CHANCES - 1)) < dropped ? 0 : kept;
    }
}

/* A row's blocks follow those of the row before it, whoever has which of its columns. */
static void apply_row(float *x, const hl_dropout *d, const hl_dropout_rows *r, int i)
{
    enum { SOME = 512 };
    float factor[SOME];
    const uint32_t blocks = (uint32_t)(r->width + BLOCK - 1) / BLOCK;
    const int end = r->column + r->C;
    for (int from = r->column / BLOCK * BLOCK; from < end; from += SOME) {
        const int n = hl_min(SOME, end - from);
        hl_dropout_factors(factor, d, r->sample[i], (uint32_t)r->row[i] * blocks + (uint32_t)(from / BLOCK), n);
        for (int k = hl_max(r->column - from, 0); k < n; k++) x[from + k - r->column] *= factor[k];
    }
}

void hl_dropout_apply(float *x, const hl_dropout *d, const hl_dropout_rows *r)
{
    if (d->rate <= 0) return;
#pragma omp parallel for if (hl_is_worth_threads((size_t)r->n * (size_t)r->C))
    for (int i = 0; i < r->n; i++) apply_row(x + (size_t)i * (size_t)r->C, d, r, i);
}
