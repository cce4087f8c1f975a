/* gelu.c - the Gaussian error linear unit.
 *
 * With a = |x| / sqrt(2) the share below x is erfc(a) / 2 where x is below zero, else 1 less that.  erfc(a) is
 * t p(t) e^(-a^2), t = 1 / (1 + a / 2), and p the polynomial of degree 8 that was fitted at Chebyshev's points
 * (relative error 6e-8).  The other form is x / (1 + e^(-2 v)), v = sqrt(2 / pi) (x + 0.044715 x^3). */
#include "math/gelu.h"
#include "math/expf.h"
#include "math/simd.h"

/* The share below x; its density is given too. */
HL_INLINE float share_below(float *density, float x)
{
    const float a = (x < 0 ? -x : x) * 0.707106781f, t = 1.0f / (1.0f + 0.5f * a), e = hl_expf(-a * a);
    float p = -0.05853474f;
    p = p * t + 0.28224916f;
    p = p * t - 0.48299014f;
    p = p * t + 0.27396633f;
    p = p * t - 0.02430120f;
    p = p * t + 0.20191388f;
    p = p * t + 0.24324778f;
    p = p * t + 0.28236206f;
    p = p * t + 0.28208684f;
    const float half = 0.5f * t * p * e;
    *density = 0.398942280f * e;
    return x < 0 ? half : 1.0f - half;
}

HL_FAST static void forward_row(float *restrict h, const float *restrict u, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) {
        float density;
        h[i] = u[i] * share_below(&density, u[i]);
    }
}

HL_FAST static void backward_row(float *restrict du, float *restrict h, const float *restrict dh,
                                 const float *restrict u, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) {
        float density;
        const float share = share_below(&density, u[i]);
        du[i] = dh[i] * (share + u[i] * density);
        h[i] = u[i] * share;
    }
}

static const float slope_at_zero = 0.797884561f, cube = 0.044715f;

HL_INLINE float sigmoid(float x)
{
    const float v = slope_at_zero * (x + cube * x * x * x);
    return 1.0f / (1.0f + hl_expf(-2.0f * v));
}

HL_FAST static void forward_tanh_row(float *restrict h, const float *restrict u, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) h[i] = u[i] * sigmoid(u[i]);
}

HL_FAST static void backward_tanh_row(float *restrict du, float *restrict h, const float *restrict dh,
                                      const float *restrict u, int F)
{
#pragma omp simd
    for (int i = 0; i < F; i++) {
        const float x = u[i], q = sigmoid(x), slope = slope_at_zero * (1.0f + 3.0f * cube * x * x);
        du[i] = dh[i] * (q + x * q * (1.0f - q) * 2.0f * slope);
        h[i] = x * q;
    }
}

typedef void (*forward_act)(float *restrict, const float *restrict, int);
typedef void (*backward_act)(float *restrict, float *restrict, const float *restrict, const float *restrict, int);

static void forward(forward_act row, float *h, const float *u, int T, int F)
{
    const size_t n = (size_t)F;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * n))
    for (int t = 0; t < T; t++) row(h + (size_t)t * n, u + (size_t)t * n, F);
}

static void backward(backward_act row, float *du, float *h, const float *dh, const float *u, int T, int F)
{
    const size_t n = (size_t)F;
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * n))
    for (int t = 0; t < T; t++) {
        const size_t at = (size_t)t * n;
        row(du + at, h + at, dh + at, u + at, F);
    }
}

void hl_gelu_forward(float *h, const float *u, int T, int F) { forward(forward_row, h, u, T, F); }

void hl_gelu_tanh_forward(float *h, const float *u, int T, int F) { forward(forward_tanh_row, h, u, T, F); }

void hl_gelu_backward(float *du, float *h, const float *dh, const float *u, int T, int F)
{
    backward(backward_row, du, h, dh, u, T, F);
}

void hl_gelu_tanh_backward(float *du, float *h, const float *dh, const float *u, int T, int F)
{
    backward(backward_tanh_row, du, h, dh, u, T, F);
}
