/* rope.c - rotary positions. */
#include "math/rope.h"
#include "base/alloc.h"
#include "math/simd.h"
#include <math.h>
#include <stdlib.h>

void hl_rope_table(float *table, int positions, int d, double theta, const hl_rope_scaling *s)
{
    static const hl_rope_scaling none = {0};
    const int half = d / 2;
    double *f = hl_alloc((size_t)half * sizeof *f);
    const double factor = hl_rope_frequencies(f, d, theta, s ? s : &none, positions);
    for (int p = 0; p < positions; p++) {
        float *cosines = table + (size_t)p * (size_t)d, *sines = cosines + half;
        for (int i = 0; i < half; i++) {
            cosines[i] = (float)(factor * cos(p * f[i]));
            sines[i] = (float)(factor * sin(p * f[i]));
        }
    }
    free(f);
}

HL_INLINE void turn_heads(float *x, const float *restrict cosines, const float *restrict sines, int heads, int half,
                          float sign)
{
    for (int h = 0; h < heads; h++) {
        float *restrict a = x + (size_t)h * 2 * (size_t)half, *restrict b = a + half;
#pragma omp simd
        for (int i = 0; i < half; i++) {
            const float first = a[i], second = b[i], s = sign * sines[i];
            a[i] = first * cosines[i] - second * s;
            b[i] = second * cosines[i] + first * s;
        }
    }
}

/* A narrow head is less than a vector, and a loop that does not know it costs three times as much. */
HL_FAST static void turn_token(float *x, const float *restrict cosines, const float *restrict sines, int heads,
                               int half, float sign)
{
    if (half == 4) turn_heads(x, cosines, sines, heads, 4, sign);
    else if (half == 8) turn_heads(x, cosines, sines, heads, 8, sign);
    else if (half == 16) turn_heads(x, cosines, sines, heads, 16, sign);
    else if (half == 32) turn_heads(x, cosines, sines, heads, 32, sign);
    else turn_heads(x, cosines, sines, heads, half, sign);
}

void hl_rope_turn(float *x, const int *position, const float *table, int T, int heads, int d, int stride, int sign)
{
    const int half = d / 2;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)(heads * d)))
    for (int t = 0; t < T; t++) {
        const float *cosines = table + (size_t)position[t] * (size_t)d;
        turn_token(x + (size_t)t * (size_t)stride, cosines, cosines + half, heads, half, (float)sign);
    }
}
