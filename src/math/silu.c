/* silu.c - x / (1 + e^-x) of rows.  With q = 1 / (1 + e^-x) its slope is q (1 + x (1 - q)). */
#include "math/silu.h"
#include "math/expf.h"
#include "math/simd.h"

HL_FAST static void forward_row(float *restrict h, const float *restrict z, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) h[i] = z[i] / (1.0f + hl_expf(-z[i]));
}

HL_FAST static void backward_row(float *restrict d, const float *restrict z, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) {
        const float q = 1.0f / (1.0f + hl_expf(-z[i]));
        d[i] *= q + z[i] * q * (1.0f - q);
    }
}

void hl_silu_forward(float *h, const float *z, int T, int F)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)F))
    for (int t = 0; t < T; t++) forward_row(h + (size_t)t * (size_t)F, z + (size_t)t * (size_t)F, F);
}

void hl_silu_backward(float *d, const float *z, int T, int F)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)F))
    for (int t = 0; t < T; t++) backward_row(d + (size_t)t * (size_t)F, z + (size_t)t * (size_t)F, F);
}
