/* layernorm.c - layer norm.
 *
 * With z = (x - mean) r, r = 1 / sqrt(variance + eps) and g = w dy the backward is dx = r (g - mean(g) - z mean(g z)),
 * dw = sum over rows of dy z, db = sum of dy.  As in rmsnorm.c some rows have a sum of their own for dw and db, and
 * these sums are added up in order. */
#include "math/layernorm.h"
#include "base/arena.h"
#include "math/simd.h"
#include <math.h>
#include <string.h>

enum { ROWS = 64 }; /* that share a sum */

HL_FAST static void forward_row(float *restrict y, float *restrict kept, const float *restrict x,
                                const float *restrict w, int D, float eps)
{
    double sum = 0.0, squares = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < D; i++) sum += (double)x[i];
    const double mean = sum / D;
#pragma omp simd reduction(+ : squares)
    for (int i = 0; i < D; i++) squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    const double r = 1.0 / sqrt(squares / D + (double)eps);
#pragma omp simd
    for (int i = 0; i < D; i++) y[i] = (float)((double)w[i] * ((double)x[i] - mean) * r + (double)w[D + i]);
    kept[0] = (float)r;
    kept[1] = (float)mean;
}

HL_FAST static void again_row(float *restrict y, const float *restrict x, const float *restrict w,
                              const float *restrict b, float r, float mean, int C)
{
#pragma omp simd
    for (int i = 0; i < C; i++) y[i] = w[i] * (x[i] - mean) * r + b[i];
}

/* sum (2 D) += dy z, dy. */
HL_FAST static void backward_row(float *restrict dx, float *restrict sum, const float *restrict dy,
                                 const float *restrict x, const float *restrict w, float r, float mean, int D)
{
    float along = 0.0f, all = 0.0f;
#pragma omp simd reduction(+ : along, all)
    for (int i = 0; i < D; i++) {
        const float g = w[i] * dy[i];
        all += g;
        along += g * ((x[i] - mean) * r);
    }
    const float each = all / (float)D, back = along / (float)D;
#pragma omp simd
    for (int i = 0; i < D; i++) {
        const float z = (x[i] - mean) * r;
        dx[i] += r * (w[i] * dy[i] - each - z * back);
        sum[i] += dy[i] * z;
        sum[D + i] += dy[i];
    }
}

HL_FAST static void add_row(float *restrict y, const float *restrict x, int n)
{
#pragma omp simd
    for (int i = 0; i < n; i++) y[i] += x[i];
}

void hl_layernorm_forward(float *y, float *kept, const float *x, const float *w, int T, int D, float eps)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int t = 0; t < T; t++) forward_row(y + (size_t)t * row, kept + 2 * (size_t)t, x + (size_t)t * row, w, D, eps);
}

void hl_layernorm_again(float *y, const float *kept, const float *x, const float *w, int T, int C, int D)
{
    const size_t row = (size_t)C;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int t = 0; t < T; t++)
        again_row(y + (size_t)t * row, x + (size_t)t * row, w, w + D, kept[2 * t], kept[2 * t + 1], C);
}

void hl_layernorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *kept,
                           int T, int D)
{
    static _Thread_local hl_arena room; /* stays until the thread ends: after the longest call nothing is allocated */
    if (!room.name) room = hl_arena_growing("layernorm");
    const size_t row = (size_t)D;
    const int parts = (T + ROWS - 1) / ROWS;
    float *const sums = HL_TAKE(&room, float, 2 * (size_t)parts * row);
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int p = 0; p < parts; p++) {
        float *sum = sums + 2 * (size_t)p * row;
        memset(sum, 0, 2 * row * sizeof *sum);
        for (int t = p * ROWS; t < T && t < (p + 1) * ROWS; t++) {
            const size_t at = (size_t)t * row;
            backward_row(dx + at, sum, dy + at, x + at, w, kept[2 * t], kept[2 * t + 1], D);
        }
    }
    for (int p = 0; dw && p < parts; p++) add_row(dw, sums + 2 * (size_t)p * row, 2 * D);
    hl_arena_back(&room, 0);
}
