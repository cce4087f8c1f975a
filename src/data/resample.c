/* resample.c - how sure means over users are. */
#include "data/resample.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/sorted.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The streams of a resample. */
enum { DRAWS, SIGNS };

static hl_rng stream(uint64_t seed, int resample, uint32_t what)
{
    return hl_rng_at(seed, HL_FOR_RESAMPLING, (uint64_t)resample, what);
}

static void add_row(double *restrict sum, const double *restrict row, int S)
{
    for (int s = 0; s < S; s++) sum[s] += row[s];
}

static void resample(double *mean, const double *x, int64_t users, int S, hl_rng r)
{
    memset(mean, 0, (size_t)S * sizeof *mean);
    for (int64_t i = 0; i < users; i++) add_row(mean, x + hl_rng_below(&r, (uint64_t)users) * (uint64_t)S, S);
    for (int s = 0; s < S; s++) mean[s] /= (double)users;
}

void hl_resample_means(double *means, const double *x, int64_t users, int S, uint64_t seed, int first, int n)
{
#pragma omp parallel for schedule(dynamic, 8)
    for (int b = 0; b < n; b++) resample(means + (size_t)b * (size_t)S, x, users, S, stream(seed, first + b, DRAWS));
}

hl_interval hl_resample_interval(double *at, int n)
{
    HL_CHECK(n >= 40);
    hl_sorted_make(at, n);
    return (hl_interval){at[n * (int64_t)25 / 1000], at[n * (int64_t)975 / 1000 - 1]};
}

/* ---- sign flips */

/* How far from 0 a sum of the differences is extreme: as that of all is, but for rounding. */
static double extreme_from(const double *d, int64_t users, int S, int s)
{
    double sum = 0, all = 0;
    for (int64_t u = 0; u < users; u++) sum += d[u * S + s], all += fabs(d[u * S + s]);
    return fabs(sum) - 1e-12 * all;
}

static void flip_row(double *restrict sum, const double *restrict row, int S, double sign)
{
    for (int s = 0; s < S; s++) sum[s] += sign * row[s];
}

/* sum (S) of all differences with the signs of a stream. */
static void flip(double *sum, const double *d, int64_t users, int S, hl_rng r)
{
    uint32_t bits = 0;
    memset(sum, 0, (size_t)S * sizeof *sum);
    for (int64_t u = 0; u < users; u++, bits >>= 1) {
        if (u % 32 == 0) bits = hl_rng_u32(&r);
        flip_row(sum, d + u * S, S, bits & 1 ? 1 : -1);
    }
}

void hl_resample_flips(int64_t *extreme, const double *d, int64_t users, int S, uint64_t seed, int first, int n)
{
    double *sums = hl_alloc((size_t)n * (size_t)S * sizeof *sums);
#pragma omp parallel for schedule(dynamic, 8)
    for (int b = 0; b < n; b++) flip(sums + (size_t)b * (size_t)S, d, users, S, stream(seed, first + b, SIGNS));
    for (int s = 0; s < S; s++) {
        const double from = extreme_from(d, users, S, s);
        for (int b = 0; b < n; b++) extreme[s] += fabs(sums[(size_t)b * (size_t)S + (size_t)s]) >= from;
    }
    free(sums);
}

double hl_resample_p(int64_t extreme, int n) { return (double)(extreme + 1) / ((double)n + 1); }

double hl_resample_exact_p(const double *d, int64_t users, int S, int s)
{
    const double from = extreme_from(d, users, S, s);
    double some[HL_RESAMPLE_EXACT];
    int m = 0;
    int64_t extreme = 0;
    for (int64_t u = 0; u < users; u++) {
        const double x = d[u * S + s];
        if (x == 0) continue;
        if (m == HL_RESAMPLE_EXACT) return -1;
        some[m++] = x;
    }
    for (uint32_t signs = 0; signs < (uint32_t)1 << m; signs++) {
        double sum = 0;
        for (int i = 0; i < m; i++) sum += signs >> i & 1 ? some[i] : -some[i];
        extreme += fabs(sum) >= from;
    }
    return ldexp((double)extreme, -m);
}
