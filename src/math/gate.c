/* gate.c - rows that multiply others, number by number. */
#include "math/gate.h"
#include "math/simd.h"

HL_FAST static void forward_row(float *restrict y, const float *restrict gate, const float *restrict x, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) y[i] = gate[i] * x[i];
}

HL_FAST static void backward_row(float *restrict dgate, float *dx, const float *dy, const float *restrict gate,
                                 const float *restrict x, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) {
        const float d = dy[i];
        dgate[i] = d * x[i];
        dx[i] = d * gate[i];
    }
}

void hl_gate_forward(float *y, const float *gate, size_t step, const float *x, int T, int F)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)F))
    for (int t = 0; t < T; t++)
        forward_row(y + (size_t)t * (size_t)F, gate + (size_t)t * step, x + (size_t)t * (size_t)F, F);
}

void hl_gate_backward(float *dgate, float *dx, const float *dy, const float *gate, size_t step, const float *x, int T,
                      int F)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)F))
    for (int t = 0; t < T; t++) {
        const size_t at = (size_t)t * (size_t)F, there = (size_t)t * step;
        backward_row(dgate + there, dx + at, dy + at, gate + there, x + at, F);
    }
}
