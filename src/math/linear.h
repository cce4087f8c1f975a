/* linear.h - products with a weight matrix, over all tokens of a micro-batch at once.
 *
 * All matrices are row-major and dense.  These are the program's only large GEMMs. */
#ifndef MATH_LINEAR_H
#define MATH_LINEAR_H
#include "base/arena.h"
#include <stdbool.h>

/* How hl_linear_forward and _backward multiply: fp32, or factors rounded to bf16 and sums in fp32.  Where there are
 * no fast products of bf16 (math/bf16.h), and with HL_MATH_BF16_SLOWLY anywhere, BLAS multiplies rounded factors.
 * All else is fp32. */
typedef enum { HL_MATH_FP32, HL_MATH_BF16, HL_MATH_BF16_SLOWLY } hl_math_precision;
void hl_math_set_precision(hl_math_precision p);
bool hl_math_is_fp32(void); /* is HL_MATH_FP32 set, as it is at first? */

/* Rows that are worth a thread of their own, at least: each packs all of the other factor. */
enum { HL_LINEAR_LEAST_ROWS = 128 };

/* y (T, F) = x (T, D) w^T, w (F, D). */
void hl_linear_forward(float *y, const float *x, const float *w, int T, int D, int F);

/* The same, each number summed in double and rounded once; half the speed. */
void hl_linear_forward_double(float *y, const float *x, const float *w, int T, int D, int F, hl_arena *scratch);

/* dx (T, D) = dy (T, F) w;   dw (F, D) += dy^T x.  dx or dw may be NULL: not wanted.  dx is one token's own, so
 * there is nothing to add it to, and clearing it first would be one more pass over memory. */
void hl_linear_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T, int D, int F);

/* Rows [begin, end) of dw (F, D) += dy^T x, in fp32, multiplied as the whole would be; for threads that share dw. */
void hl_linear_weights(float *dw, const float *dy, const float *x, int T, int D, int F, int begin, int end);

/* c (M, N) = a (M, K) b^T, b (N, K): scores of rows against rows. */
void hl_rows_by_rows(float *c, const float *a, const float *b, int M, int N, int K);

/* c (M, K) += a (M, N) b, b (N, K). */
void hl_rows_times(float *c, const float *a, const float *b, int M, int N, int K);

/* c (N, K) += a^T b, a (M, N), b (M, K). */
void hl_columns_times(float *c, const float *a, const float *b, int M, int N, int K);

/* A matrix somewhere: its rows are `row` numbers apart; turned: its transpose is meant. */
typedef struct {
    const float *at;
    int row;
    bool turned;
} hl_matrix_view;

/* c (M, N), rows c_row apart, = or += a (M, K) b (K, N).  Within a parallel region each thread makes its own. */
void hl_linear_multiply(float *c, int c_row, hl_matrix_view a, hl_matrix_view b, int M, int N, int K, bool add);

/* c (M, N) = a (M, K) b (K, N) by BLAS, however fast it is: for measurements. */
void hl_linear_multiply_by_blas(float *c, int c_row, hl_matrix_view a, hl_matrix_view b, int M, int N, int K);

/* Threads that the products and the other ops use in this process (at least 1). */
void hl_math_threads(int threads);

/* What multiplies: library, version and kernel, "OpenBLAS 0.3.21 Zen"; for the run record. */
const char *hl_math_library(void);

#endif
