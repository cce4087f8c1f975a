/* shares.h - rows that go through several ops, some of them with each thread.
 *
 * Each thread packs the weights for its own rows, and what passes between the ops of its rows stays in its cache. */
#ifndef MATH_SHARES_H
#define MATH_SHARES_H
#include "base/arena.h"

/* How many shares n rows have; 1: they go together, and threads share each op.  side: the narrowest width of their
 * products; weight: numbers of the largest weight. */
int hl_shares_of(int n, int side, size_t weight);

/* act(self, begin, n, scratch) for rows [0, rows): once with the caller's scratch, or share by share, each on a thread
 * with memory of its own.  The ops of act find themselves within a parallel region then. */
typedef void (*hl_share_act)(const void *self, int begin, int n, hl_arena *scratch);
void hl_shares_run(int shares, int rows, hl_share_act act, const void *self, hl_arena *scratch);

/* The same on this thread, so few rows at a time that what passes between the ops, `width` numbers a row, stays in the
 * cache; all rows at once where those would be too few for a product. */
void hl_shares_run_few(int rows, int width, hl_share_act act, const void *self, hl_arena *scratch);

/* dw (F, D) += dy^T x over T rows. */
typedef struct {
    float *dw;
    const float *dy, *x;
    int F, D;
} hl_weight_gradient;

/* Two of them, which do not depend on one another: each thread has rows of both. */
void hl_shares_weights(const hl_weight_gradient g[2], int T, int threads);

#endif
