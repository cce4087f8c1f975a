/* head-norm.c - root mean square norm of each head of queries or keys.
 *
 * The equations are those of rmsnorm.c.  A thread has a head of all tokens, so that its sum is one thread's. */
#include "math/head-norm.h"
#include "math/simd.h"
#include <math.h>
#include <string.h>

HL_FAST static float forward_head(float *restrict x, float *restrict kept, const float *restrict w, int d, float eps)
{
    double squares = 0.0;
    memcpy(kept, x, (size_t)d * sizeof *kept);
#pragma omp simd reduction(+ : squares)
    for (int i = 0; i < d; i++) squares += (double)x[i] * x[i];
    const double r = 1.0 / sqrt(squares / d + (double)eps);
#pragma omp simd
    for (int i = 0; i < d; i++) x[i] = (float)((double)w[i] * x[i] * r);
    return (float)r;
}

/* sum (d) += dy x r. */
HL_FAST static void backward_head(float *restrict dx, float *restrict sum, const float *restrict x,
                                  const float *restrict w, float r, int d)
{
    float along = 0.0f;
#pragma omp simd reduction(+ : along)
    for (int i = 0; i < d; i++) along += x[i] * (w[i] * dx[i]);
    const float back = along * r * r / (float)d;
#pragma omp simd
    for (int i = 0; i < d; i++) {
        sum[i] += dx[i] * (x[i] * r);
        dx[i] = r * (w[i] * dx[i] - x[i] * back);
    }
}

void hl_head_norm_forward(float *x, float *kept, float *rstd, const float *w, int T, int heads, int d, int stride,
                          float eps)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)(heads * d)))
    for (int t = 0; t < T; t++)
        for (int h = 0; h < heads; h++) {
            const size_t at = (size_t)t * (size_t)heads + (size_t)h;
            rstd[at] = forward_head(x + (size_t)t * (size_t)stride + h * d, kept + at * (size_t)d, w, d, eps);
        }
}

void hl_head_norm_backward(float *dx, float *dw, const float *kept, const float *rstd, const float *w, int T, int heads,
                           int d, int stride)
{
    memset(dw, 0, (size_t)heads * (size_t)d * sizeof *dw);
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)(heads * d)))
    for (int h = 0; h < heads; h++)
        for (int t = 0; t < T; t++) {
            const size_t at = (size_t)t * (size_t)heads + (size_t)h;
            backward_head(dx + (size_t)t * (size_t)stride + h * d, dw + h * d, kept + at * (size_t)d, w, rstd[at], d);
        }
}
