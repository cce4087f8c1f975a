/* bias.c - the bias of a linear layer. */
#include "math/bias.h"
#include "math/simd.h"

enum { COLUMNS = 64 }; /* of a block: some cache lines */

HL_FAST static void add_to(float *restrict y, const float *restrict x, int n)
{
#pragma omp simd
    for (int i = 0; i < n; i++) y[i] += x[i];
}

void hl_bias_forward(float *y, const float *b, int T, int F)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)F))
    for (int t = 0; t < T; t++) add_to(y + (size_t)t * (size_t)F, b, F);
}

/* Columns [first, first + n) of all rows, so that a sum is one thread's. */
static void add_columns(float *db, const float *dy, int T, int F, int first, int n)
{
    float sum[COLUMNS] = {0};
    for (int t = 0; t < T; t++) add_to(sum, dy + (size_t)t * (size_t)F + first, n);
    add_to(db + first, sum, n);
}

void hl_bias_backward(float *db, const float *dy, int T, int F)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)F))
    for (int c = 0; c < F; c += COLUMNS) add_columns(db, dy, T, F, c, F - c < COLUMNS ? F - c : COLUMNS);
}
