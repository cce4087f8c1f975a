/* expf.h - an exponential that the compiler can put into vector loops; libm's cannot be.
 *
 * e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln(2) / 2.  e^r is 1 + r + r^2 q(r), q the polynomial of degree 4
 * with the least largest relative error (3e-9); ln 2 is subtracted in two parts, the first short enough for n times it
 * to be exact.  Adding 1.5 2^23 rounds to the nearest integer and leaves that in the lowest bits. */
#ifndef MATH_EXPF_H
#define MATH_EXPF_H
#include <stdint.h>
#include <string.h>

static inline uint32_t hl_bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float hl_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Within 2 units in the last place of e^x.  Below -87 (results that are nearly denormal) it is 0, above 88.37 infinity;
 * NaN stays NaN.  No branches, no traps. */
static inline float hl_expf(float x)
{
    const float lowest = -87.0f, highest = 88.7f, rounder = 0x1.8p23f;
    float y = x < lowest ? lowest : x;
    y = y > highest ? highest : y;
    const float shifted = y * 1.44269504f + rounder, n = shifted - rounder;
    const float r = (y - n * 0.693359375f) - n * -2.12194440e-4f;
    float q = 0.00138209458f;
    q = q * r + 0.00836868398f;
    q = q * r + 0.0416682661f;
    q = q * r + 0.166665211f;
    q = q * r + 0.49999994f;
    const float e = r + r * r * q + 1.0f, power = hl_float_of((hl_bits_of(shifted) + 127u) << 23);
    return x < lowest ? 0.0f : e * power;
}

#endif
