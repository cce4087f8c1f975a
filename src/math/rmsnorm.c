/* rmsnorm.c - root mean square layer norm.
 *
 * With r = 1 / sqrt(mean(x^2) + eps) and g = w dy the backward is dx = r g - x r^3 mean(x g), dw = sum over rows of dy x r.
 * The sum over rows belongs to a block of columns, so it is the same whoever computes it. */
#include "math/rmsnorm.h"
#include "math/simd.h"
#include <math.h>

enum { COLUMNS = 16 }; /* of a block of dw: one cache line */

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

HL_FAST static void backward_row(float *restrict dx, const float *restrict dy, const float *restrict x, const float *restrict w, float r, int D)
{
    float along = 0.0f;
#pragma omp simd reduction(+ : along)
    for (int i = 0; i < D; i++) along += x[i] * (w[i] * dy[i]);
    const float back = along * r * r / (float)D;
#pragma omp simd
    for (int i = 0; i < D; i++) dx[i] += r * (w[i] * dy[i] - x[i] * back);
}

HL_FAST static void backward_columns(float *dw, const float *dy, const float *x, const float *rstd, int T, int D, int first, int n)
{
    float sum[COLUMNS] = {0};
    for (int t = 0; t < T; t++) {
        const float *dyt = dy + (size_t)t * (size_t)D + first, *xt = x + (size_t)t * (size_t)D + first, r = rstd[t];
#pragma omp simd
        for (int i = 0; i < n; i++) sum[i] += dyt[i] * (xt[i] * r);
    }
    for (int i = 0; i < n; i++) dw[first + i] += sum[i];
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

void hl_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd, int T, int D)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int t = 0; t < T; t++) backward_row(dx + (size_t)t * row, dy + (size_t)t * row, x + (size_t)t * row, w, rstd[t], D);
    if (!dw) return;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int c = 0; c < D; c += COLUMNS) backward_columns(dw, dy, x, rstd, T, D, c, D - c < COLUMNS ? D - c : COLUMNS);
}
