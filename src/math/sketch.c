/* sketch.c - what is kept of a tensor so that it can be compared with another.
 *
 * A float is m 2^(e - 150) with whole m < 2^24 and 1 <= e <= 254.  Those whose e have the same e / 8 are added in
 * one bin as whole multiples of its unit 2^(8 (e / 8) - 150), below 2^31 each: a word has room for 2^31 of them, and
 * no bit is lost. */
#include "math/sketch.h"
#include "base/digest.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* sign: 0, or -1 for the negative of x. */
static void add(int64_t *bin, float x, int64_t sign)
{
    uint32_t bits = bits_of(x), e = bits >> 23 & 255, m = bits & 0x7fffff;
    if (e) m |= 0x800000;
    else e = 1;
    int64_t v = (int64_t)m << (e & 7);
    sign ^= -(int64_t)(bits >> 31);
    bin[e >> 3] += (v ^ sign) - sign;
}

/* Three random bits of a place (SplitMix64): which sum, and the sign.  A weaker mix spreads neighbours too evenly,
 * and what is constant along a row would seem small. */
static uint64_t draw(uint64_t name, uint64_t place)
{
    uint64_t z = name + (place + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z >> 61;
}

static bool is_finite(float x) { return (bits_of(x) >> 23 & 255) < 255; }

void hl_sketch_add(hl_sketch_sums *s, const float *x, size_t n, uint64_t name, int64_t place)
{
    s->digest = (int64_t)((uint64_t)s->digest + hl_digest_numbers(x, n, name, place));
    for (size_t i = 0; i < n; i++) {
        uint64_t r = draw(name, (uint64_t)place + i);
        if (!is_finite(x[i])) {
            s->strange++;
            continue;
        }
        add(s->sum[r >> 1], x[i], -(int64_t)(r & 1));
        add(s->sum[HL_PROJECTIONS], x[i] * x[i], 0);
    }
}

/* Smallest first, so that little is lost. */
static double value_of(const int64_t *bin)
{
    double y = 0;
    for (int b = 0; b < HL_SKETCH_BINS; b++) y += ldexp((double)bin[b], 8 * b - 150);
    return y;
}

hl_sketch hl_sketch_of(const hl_sketch_sums *s)
{
    hl_sketch k = {.digest = (uint64_t)s->digest, .norm = s->strange ? NAN : sqrt(value_of(s->sum[HL_PROJECTIONS]))};
    for (int j = 0; j < HL_PROJECTIONS; j++) k.projection[j] = value_of(s->sum[j]);
    return k;
}

double hl_sketch_difference(const hl_sketch *a, const hl_sketch *b)
{
    double squares = 0, norm = fmax(a->norm, b->norm);
    if (a->digest == b->digest) return 0;
    if (isnan(a->norm) || isnan(b->norm)) return INFINITY;
    for (int j = 0; j < HL_PROJECTIONS; j++)
        squares += (a->projection[j] - b->projection[j]) * (a->projection[j] - b->projection[j]);
    return norm > 0 ? sqrt(squares) / norm : 0;
}
