/* strip-lanes.h - the acts of strip.h for LANES lanes, compiled for TARGET; strip-8.c and strip-16.c are made of it. */
#ifndef MATH_STRIP_LANES_H
#define MATH_STRIP_LANES_H
#include "base/minmax.h"
#include "math/expf.h"
#include "math/simd.h"
#include "math/strip.h"
#include "math/transpose.h"
#include <string.h>

/* Scores are kept in powers of two. */
static const float ln_2 = 0.693147181f;

enum { BLOCK = HL_BLOCK };
typedef hl_eight eight;

typedef float vector __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

#define LOAD(x) (*(const vector *)(x))
#define STORE(x, v) (*(vector *)(x) = (v))
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

HL_INLINE void copy_row(float *row, const float *x, const int d, const int wide)
{
    int c = 0;
    for (; c + LANES <= d; c += LANES) STORE(row + c, LOAD(x + c));
    for (; c + BLOCK <= d; c += BLOCK) *(eight *)(row + c) = *(const eight *)(x + c);
    if (c == wide) return;
    *(eight *)(row + c) = (eight){0};
    memcpy(row + c, x + c, (size_t)(d - c) * sizeof *row);
}

TARGET static void copy(float *rows, hl_lines x, int first, int count, int end, int d, int wide)
{
    int i = first;
    for (; i < 0; i++, rows += wide) memset(rows, 0, (size_t)wide * sizeof *rows);
    const float *from = x.at + (size_t)i * x.step;
    const int last = first + count < end ? first + count : end;
    if (d == 8)
        for (; i < last; i++, rows += 8, from += x.step) copy_row(rows, from, 8, 8);
    for (; i < last; i++, rows += wide, from += x.step) copy_row(rows, from, d, wide);
    for (; i < first + count; i++, rows += wide) memset(rows, 0, (size_t)wide * sizeof *rows);
}

TARGET static void turn(float *turned, const float *rows, int wide, float scale)
{
    for (int c = 0; c < wide; c += BLOCK)
        for (int half = 0; half < LANES; half += BLOCK) {
            eight block[BLOCK];
            EACH(r, BLOCK) block[r] = scale * *(const eight *)(rows + (half + r) * wide + c);
            hl_transpose(block);
            EACH(r, BLOCK) * (eight *)(turned + (c + r) * LANES + half) = block[r];
        }
}

TARGET static void dot(float *sum, const float *a, const float *b, int wide)
{
    for (int half = 0; half < LANES; half += BLOCK, a += BLOCK * wide, b += BLOCK * wide) {
        eight part[BLOCK], all = {0};
        EACH(r, BLOCK) part[r] = (eight){0};
        for (int c = 0; c < wide; c += BLOCK)
            EACH(r, BLOCK) part[r] += *(const eight *)(a + r * wide + c) * *(const eight *)(b + r * wide + c);
        hl_transpose(part);
        EACH(r, BLOCK) all += part[r];
        *(eight *)(sum + half) = all;
    }
}

/* sum (R, V vectors) = sum over k < n of left (R rows a left_row apart, n a left_step apart) times right (n rows a
 * right_step apart); R and V are constants.  A macro, since a width that is no multiple of the lanes ends with a
 * vector of 8. */
#define MULTIPLY(type, sum, R, V, left, left_row, left_step, right, right_step, n)                     \
    type sum[(R) * (V)];                                                                               \
    EACH(i_, (R) * (V)) sum[i_] = (type){0};                                                           \
    const float *left_ = (left), *right_ = (right);                                                    \
    for (int k_ = 0; k_ < (n); k_++, left_ += (left_step), right_ += (right_step)) {                   \
        type x_[V];                                                                                    \
        EACH(v_, V) x_[v_] = *(const type *)(right_ + v_ * (int)(sizeof(type) / sizeof(float)));       \
        EACH(r_, R) EACH(v_, V) sum[r_ * (V) + v_] += left_[(size_t)r_ * (size_t)(left_row)] * x_[v_]; \
    }

HL_INLINE void score_rows(float *strip, const float *rows, const float *turned, int n, const int d, const int wide)
{
    int k = 0;
    for (; n - k > LANES / 2; k += LANES) {
        MULTIPLY(vector, s, LANES, 1, rows + k * wide, wide, 1, turned, LANES, d)
        EACH(r, LANES) STORE(strip + (k + r) * LANES, s[r]);
    }
    if (k < n) {
        MULTIPLY(vector, s, LANES / 2, 1, rows + k * wide, wide, 1, turned, LANES, d)
        EACH(r, LANES / 2) STORE(strip + (k + r) * LANES, s[r]);
    }
}

/* With a known width the rows of a tile are constants apart, and 16 addresses need no registers. */
TARGET static void score(float *strip, const float *rows, const float *turned, int n, int d, int wide)
{
    if (d == 8) score_rows(strip, rows, turned, n, 8, 8);
    else if (d == 16) score_rows(strip, rows, turned, n, 16, 16);
    else if (d == 32) score_rows(strip, rows, turned, n, 32, 32);
    else if (d == 64) score_rows(strip, rows, turned, n, 64, 64);
    else if (d == 128) score_rows(strip, rows, turned, n, 128, 128);
    else score_rows(strip, rows, turned, n, d, wide);
}

TARGET static void soften(float *restrict strip, float *restrict share, float *restrict lse, int n, int diagonal)
{
    float most[LANES], sum[LANES] = {0};
    for (int k = diagonal < 0 ? 0 : diagonal + 1; k < n; k++)
#pragma omp simd
        for (int x = 0; x < LANES; x++) strip[k * LANES + x] = k > diagonal + x ? -INFINITY : strip[k * LANES + x];
    memcpy(most, strip, sizeof most);
    for (int k = 1; k < n; k++)
#pragma omp simd
        for (int x = 0; x < LANES; x++) most[x] = strip[k * LANES + x] > most[x] ? strip[k * LANES + x] : most[x];
    for (int k = 0; k < n; k++)
#pragma omp simd
        for (int x = 0; x < LANES; x++) {
            const float e = hl_exp2f(strip[k * LANES + x] - most[x]);
            strip[k * LANES + x] = e;
            sum[x] += e;
        }
#pragma omp simd
    for (int x = 0; x < LANES; x++) {
        share[x] = 1.0f / sum[x];
        lse[x] = ln_2 * most[x] + hl_logf(sum[x]);
    }
}

TARGET static void merge(float *restrict keep, float *restrict share, float *restrict lse, const float *restrict other)
{
#pragma omp simd
    for (int x = 0; x < LANES; x++) {
        const float most = hl_max(lse[x], other[x]), a = hl_expf(other[x] - most), b = hl_expf(lse[x] - most),
                    sum = a + b;
        keep[x] = a / sum;
        share[x] *= b / sum;
        lse[x] = most + hl_logf(sum);
    }
}

HL_INLINE void harden_key(float *restrict p, float *restrict s, const float *restrict lse, const float *restrict delta,
                          const int seen_from)
{
#pragma omp simd
    for (int x = 0; x < LANES; x++) {
        const float e = hl_exp2f(p[x] - lse[x]);
        p[x] = x < seen_from ? 0.0f : e;
        s[x] = p[x] * (s[x] - delta[x]);
    }
}

TARGET static void harden(float *strip, float *slope, const float *lse, const float *delta, int n, int diagonal)
{
    int k = 0;
    for (; k < n && k <= diagonal; k++) harden_key(strip + k * LANES, slope + k * LANES, lse, delta, 0);
    for (; k < n; k++) harden_key(strip + k * LANES, slope + k * LANES, lse, delta, k - diagonal);
    for (; k % LANES; k++) {
        STORE(strip + k * LANES, (vector){0});
        STORE(slope + k * LANES, (vector){0});
    }
}

/* A tile of R rows by V vectors from lane `from` and number c on; fewer than d numbers of a row may be left. */
#define GIVE(type, R, V, from, c)                                                              \
    {                                                                                          \
        enum { N = (int)(sizeof(type) / sizeof(float)) };                                      \
        MULTIPLY(type, s, R, V, strip + (from), 1, LANES, rows + (c), wide, n)                 \
        EACH(r, R)                                                                             \
        {                                                                                      \
            const int at = to->first + (from) + r;                                             \
            if (at < 0 || at >= to->end) continue;                                             \
            float *y = to->y + (size_t)at * to->step + (c);                                    \
            EACH(v, V) give_##type(y + v * N, &s[r * (V) + v], to, (from) + r, d - (c)-v * N); \
        }                                                                                      \
    }

/* The sum comes by its address: a vector as an argument has another ABI in each of the clones. */
#define DEFINE_GIVE(type)                                                                                 \
    HL_INLINE void give_##type(float *y, const type *at, const hl_strip_target *to, int lane, int wanted) \
    {                                                                                                     \
        enum { N = (int)(sizeof(type) / sizeof(float)) };                                                 \
        type sum = *at;                                                                                   \
        sum *= to->factor[lane];                                                                          \
        if (wanted >= N) {                                                                                \
            if (to->keep) sum += to->keep[lane] * *(type *)y;                                             \
            *(type *)y = sum;                                                                             \
        } else                                                                                            \
            for (int i = 0; i < wanted; i++) y[i] = to->keep ? sum[i] + to->keep[lane] * y[i] : sum[i];   \
    }

DEFINE_GIVE(vector)
DEFINE_GIVE(eight)

TARGET static void give(const hl_strip_target *to, const float *strip, const float *rows, int n, int d, int wide)
{
    int c = 0;
    for (; c + 2 * LANES <= wide; c += 2 * LANES)
        for (int half = 0; half < LANES; half += LANES / 2) GIVE(vector, LANES / 2, 2, half, c)
    for (; c + LANES <= wide; c += LANES) GIVE(vector, LANES, 1, 0, c)
    for (; c < wide; c += BLOCK) GIVE(eight, LANES, 1, 0, c)
}

#define ADD(type, R, V, c)                                                                \
    {                                                                                     \
        enum { N = (int)(sizeof(type) / sizeof(float)) };                                 \
        MULTIPLY(type, s, R, V, strip, LANES, 1, rows + (c), wide, LANES)                 \
        EACH(r, R) EACH(v, V) * (type *)(sum + r * wide + (c) + v * N) += s[r * (V) + v]; \
    }

HL_INLINE void add_rows(float *sum, const float *strip, const float *rows, int n, const int wide)
{
    for (int k = 0; k < n; k += LANES / 2, sum += LANES / 2 * wide, strip += LANES / 2 * LANES) {
        int c = 0;
        for (; c + 2 * LANES <= wide; c += 2 * LANES) ADD(vector, LANES / 2, 2, c)
        for (; c + LANES <= wide; c += LANES) ADD(vector, LANES / 2, 1, c)
        for (; c < wide; c += BLOCK) ADD(eight, LANES / 2, 1, c)
    }
}

TARGET static void add(float *sum, const float *strip, const float *rows, int n, int wide)
{
    if (wide == 8) add_rows(sum, strip, rows, n, 8);
    else add_rows(sum, strip, rows, n, wide);
}

#define THESE_STRIPS                                                    \
    {                                                                   \
        LANES, copy, turn, dot, score, soften, merge, harden, give, add \
    }

#endif
