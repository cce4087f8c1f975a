/* expf.h - exponentials and a logarithm that the compiler can put into vector loops; libm's cannot be.
 *
 * e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln(2) / 2.  e^r is 1 + r + r^2 q(r), q the polynomial of degree 4
 * with the least largest relative error (3e-9); ln 2 is subtracted in two parts, the first short enough for n times it
 * to be exact.  2^x = 2^n 2^r is the same with 1 + r q(r), q of degree 5, and r needs no product.
 *
 * Adding 1.5 2^23 + 127 rounds to the nearest integer and leaves n + 127, the exponent of 2^n, in the lowest bits.
 * What comes out for numbers beyond the ends does not matter: there are no branches, the ends are put in last. */
#ifndef MATH_EXPF_H
#define MATH_EXPF_H
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t hl_expf_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float hl_expf_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static const float hl_rounder = 0x1.8p23f + 127.0f;

/* Within 2 units in the last place of e^x.  Below -87 (results that are nearly denormal) it is 0, above 88.37 infinity;
 * NaN stays NaN. */
static inline float hl_expf(float x)
{
    const float lowest = -87.0f, highest = 88.37f;
    const float shifted = x * 1.44269504f + hl_rounder, n = shifted - hl_rounder;
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    float q = 0.00138209458f;
    q = q * r + 0.00836868398f;
    q = q * r + 0.0416682661f;
    q = q * r + 0.166665211f;
    q = q * r + 0.49999994f;
    const float e = r + r * r * q + 1.0f, power = hl_expf_of_bits(hl_expf_bits(shifted) << 23);
    const float y = x > highest ? INFINITY : e * power;
    return x < lowest ? 0.0f : y;
}

/* Within 2 units in the last place of 2^x, for x < 127 alone.  Below -125 it is 0; NaN stays NaN. */
static inline float hl_exp2f(float x)
{
    const float shifted = x + hl_rounder, r = x - (shifted - hl_rounder);
    float q = 0.000153288391f;
    q = q * r + 0.00133909984f;
    q = q * r + 0.00961850118f;
    q = q * r + 0.0555035956f;
    q = q * r + 0.240226477f;
    q = q * r + 0.693147182f;
    const float y = (1.0f + r * q) * hl_expf_of_bits(hl_expf_bits(shifted) << 23);
    return x < -125.0f ? 0.0f : y;
}

/* Within 2 units in the last place of log x, for x >= 1 alone; infinity and NaN stay.  x = 2^n (1 + z) with 1 + z
 * between 1 / sqrt(2) and sqrt(2), whose bits are subtracted to find n; log(1 + z) = z + z^2 q(z), q of degree 7
 * (error 3e-8). */
static inline float hl_logf(float x)
{
    const uint32_t least = 0x3f3504f3u, above = hl_expf_bits(x) - least;
    const float n = (float)(int32_t)(above >> 23), z = hl_expf_of_bits((above & 0x7fffffu) + least) - 1.0f;
    float q = 0.087394692f;
    q = q * z - 0.143100083f;
    q = q * z + 0.149171844f;
    q = q * z - 0.165700689f;
    q = q * z + 0.199621335f;
    q = q * z - 0.250017822f;
    q = q * z + 0.333339483f;
    q = q * z - 0.499999911f;
    const float y = n * 0.693359375f + (z + (z * z * q + n * -2.12194440e-4f));
    return x < INFINITY ? y : x;
}

#endif
