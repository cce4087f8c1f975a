/* swiglu.c - the gated unit.  With q = 1 / (1 + e^-g): silu(g) = g q, and its slope is q (1 + g (1 - q)). */
#include "math/swiglu.h"
#include "math/expf.h"
#include "math/simd.h"

HL_FAST static void forward_row(float *restrict h, const float *restrict gate, const float *restrict up, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) h[i] = gate[i] / (1.0f + hl_expf(-gate[i])) * up[i];
}

HL_FAST static void backward_row(float *restrict dgate, float *restrict dup, float *restrict h,
                                 const float *restrict dh, const float *restrict gate, const float *restrict up, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) {
        const float q = 1.0f / (1.0f + hl_expf(-gate[i])), silu = gate[i] * q;
        dgate[i] = dh[i] * up[i] * (q + silu * (1.0f - q));
        dup[i] = dh[i] * silu;
        h[i] = silu * up[i];
    }
}

void hl_swiglu_forward(float *h, const float *gu, int T, int F)
{
    const size_t row = (size_t)F;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int t = 0; t < T; t++)
        forward_row(h + (size_t)t * row, gu + (size_t)t * 2 * row, gu + (size_t)t * 2 * row + F, F);
}

void hl_swiglu_backward(float *dgu, float *h, const float *dh, const float *gu, int T, int F)
{
    const size_t row = (size_t)F;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * row))
    for (int t = 0; t < T; t++) {
        const size_t gate = (size_t)t * 2 * row, up = gate + row;
        backward_row(dgu + gate, dgu + up, h + (size_t)t * row, dh + (size_t)t * row, gu + gate, gu + up, F);
    }
}
