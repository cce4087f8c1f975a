/* rmsnorm.c - root mean square layer norm.
 *
 * With r = 1 / sqrt(mean(x^2) + eps) and g = w dy the backward is dx = r g - x r^3 mean(x g), dw = sum over rows of
 * dy x r. Both come out of one pass over a row: some rows have a sum of their own for dw, and these sums are added
 * up in order, so it is the same whoever computes them. */
#include "math/rmsnorm.h"
#include "base/arena.h"
#include "math/simd.h"
#include <math.h>
#include <string.h>

enum { ROWS = 64 }; /* that share a sum */

/* In double: an error of r would be the same in all of y, and attention scores, quadratic in y, would add it up. */
HL_FAST static float forward_row(float *restrict y, const float *restrict x, const float *restrict w, int D, float eps)
{
    double squares = 0.0;
#pragma omp simd reduction(+ : squares)
    for (int i = 0; i < D; i++) squares += (double)x[i] * x[i];
    const double r = 1.0 / sqrt(squares / D + (double)eps);
#pragma omp simd
    for (int i = 0; i < D; i++) y[i] = (float)((double)w[i] * x[i] * r);
    return (float)r;
}

HL_FAST static void again_row(float *restrict y, const float *restrict x, const float *restrict w, float r, int D)
{
#pragma omp simd
    for (int i = 0; i < D; i++) y[i] = w[i] * x[i] * r;
}

/* sum (D) += dy x r. */
HL_FAST static void backward_row(float *restrict dx, float *restrict sum, const float *restrict dy,
                                 const float *restrict x, const float *restrict w, float r, int D)
{
    float along = 0.0f;
#pragma omp simd reduction(+ : along)
    for (int i = 0; i < D; i++) along += x[i] * (w[i] * dy[i]);
    const float back = along * r * r / (float)D;
#pragma omp simd
    for (int i = 0; i < D; i++) {
        dx[i] += r * (w[i] * dy[i] - x[i] * back);
        sum[i] += dy[i] * (x[i] * r);
    }
}

HL_FAST static void add_row(float *restrict y, const float *restrict x, int D)
{
#pragma omp simd
    for (int i = 0; i < D; i++) y[i] += x[i];
}

void hl_rmsnorm_forward(float *y, float *rstd, const float *x, const float *w, int T, int D, float eps)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int t = 0; t < T; t++) rstd[t] = forward_row(y + (size_t)t * row, x + (size_t)t * row, w, D, eps);
}

void hl_rmsnorm_again(float *y, const float *rstd, const float *x, const float *w, int T, int D)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int t = 0; t < T; t++) again_row(y + (size_t)t * row, x + (size_t)t * row, w, rstd[t], D);
}

void hl_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                         int T, int D)
{
    static _Thread_local hl_arena room; /* stays until the thread ends: after the longest call nothing is allocated */
    if (!room.name) room = hl_arena_growing("rmsnorm");
    const size_t row = (size_t)D;
    const int parts = (T + ROWS - 1) / ROWS;
    float *const sums = HL_TAKE(&room, float, (size_t)parts *row);
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int p = 0; p < parts; p++) {
        float *sum = sums + (size_t)p * row;
        memset(sum, 0, row * sizeof *sum);
        for (int t = p * ROWS; t < T && t < (p + 1) * ROWS; t++) {
            const size_t at = (size_t)t * row;
            backward_row(dx + at, sum, dy + at, x + at, w, rstd[t], D);
        }
    }
    for (int p = 0; dw && p < parts; p++) add_row(dw, sums + (size_t)p * row, D);
    hl_arena_back(&room, 0);
}
