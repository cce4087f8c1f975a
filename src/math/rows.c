/* rows.c - small acts on rows. */
#include "math/rows.h"
#include "base/part.h"
#include "math/expf.h"
#include "math/simd.h"
#include <math.h>
#include <string.h>

enum { COLUMNS = 16, PIECES = 256 };

static const size_t add_block = 4096;

HL_FAST static void add_to(float *restrict y, const float *restrict x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

HL_FAST static void scaled(float *restrict y, const float *restrict x, float s, int D)
{
#pragma omp simd
    for (int i = 0; i < D; i++) y[i] = x[i] * s;
}

HL_FAST static float dot(const float *restrict a, const float *restrict b, int D)
{
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < D; i++) sum += a[i] * b[i];
    return sum;
}

void hl_rows_gather(float *y, const float *table, const int *index, int n, int D)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)n * row))
    for (int i = 0; i < n; i++) memcpy(y + (size_t)i * row, table + (size_t)index[i] * row, row * sizeof *y);
}

/* A thread has some columns of all rows: no two threads meet, and the order is that of n. */
void hl_rows_scatter_add(float *table, const float *y, const int *index, int n, int D)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)n * row))
    for (int c = 0; c < D; c += COLUMNS) {
        const size_t columns = (size_t)(D - c < COLUMNS ? D - c : COLUMNS);
        for (int i = 0; i < n; i++) add_to(table + (size_t)index[i] * row + c, y + (size_t)i * row + c, columns);
    }
}

static void mean_of(float *y, const float *x, int begin, int end, int D)
{
    memset(y, 0, (size_t)D * sizeof *y);
    for (int t = begin; t < end; t++) add_to(y, x + (size_t)t * (size_t)D, (size_t)D);
    for (int i = 0; i < D && end > begin; i++) y[i] /= (float)(end - begin);
}

void hl_rows_mean_forward(float *y, const float *x, const int *begin, int segments, int D)
{
#pragma omp parallel for schedule(dynamic, 8)
    for (int s = 0; s < segments; s++) mean_of(y + (size_t)s * (size_t)D, x, begin[s], begin[s + 1], D);
}

void hl_rows_mean_backward(float *dx, const float *dy, const int *begin, int segments, int D)
{
#pragma omp parallel for schedule(dynamic, 8)
    for (int s = 0; s < segments; s++)
        for (int t = begin[s]; t < begin[s + 1]; t++)
            scaled(dx + (size_t)t * (size_t)D, dy + (size_t)s * (size_t)D, 1.0f / (float)(begin[s + 1] - begin[s]), D);
}

HL_FAST static float unit_row(float *restrict y, const float *restrict x, int D)
{
    const float norm = sqrtf(dot(x, x, D));
    if (norm == 0) {
        memset(y, 0, (size_t)D * sizeof *y);
        return 0;
    }
#pragma omp simd
    for (int i = 0; i < D; i++) y[i] = x[i] / norm;
    return norm;
}

HL_FAST static void unit_row_backward(float *restrict dx, const float *restrict dy, const float *restrict y, float norm,
                                      int D)
{
    const float along = dot(y, dy, D);
    if (norm == 0) return;
#pragma omp simd
    for (int i = 0; i < D; i++) dx[i] += (dy[i] - y[i] * along) / norm;
}

void hl_rows_unit_forward(float *y, float *norm, const float *x, int n, int D)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)n * row))
    for (int i = 0; i < n; i++) norm[i] = unit_row(y + (size_t)i * row, x + (size_t)i * row, D);
}

void hl_rows_unit_backward(float *dx, const float *dy, const float *y, const float *norm, int n, int D)
{
    const size_t row = (size_t)D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)n * row))
    for (int i = 0; i < n; i++)
        unit_row_backward(dx + (size_t)i * row, dy + (size_t)i * row, y + (size_t)i * row, norm[i], D);
}

int hl_rows_find_odd(const float *x, int from, int n, int D)
{
    while (from < n && isfinite(dot(x + (size_t)from * (size_t)D, x + (size_t)from * (size_t)D, D))) from++;
    return from;
}

bool hl_rows_are_alike(const float *x, const float *y, int D)
{
    double apart = 0, size = 0;
    for (int k = 0; k < D; k++) {
        apart += ((double)x[k] - (double)y[k]) * ((double)x[k] - (double)y[k]);
        size += (double)x[k] * (double)x[k];
    }
    return apart <= 1e-12 * size;
}

void hl_rows_dot(float *y, const float *a, const float *b, int n, int D)
{
    const size_t row = (size_t)D;
    if (n == 1) { /* asked for in loops, where a parallel region of one thread costs more than the product */
        *y = dot(a, b, D);
        return;
    }
#pragma omp parallel for if (hl_is_worth_threads((size_t)n * row))
    for (int i = 0; i < n; i++) y[i] = dot(a + (size_t)i * row, b + (size_t)i * row, D);
}

void hl_add(float *y, const float *x, size_t n)
{
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (size_t i = 0; i < n; i += add_block) add_to(y + i, x + i, n - i < add_block ? n - i : add_block);
}

void hl_rows_add_and_clear(float *y, float *x, size_t n)
{
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (size_t i = 0; i < n; i += add_block) {
        const size_t some = n - i < add_block ? n - i : add_block;
        add_to(y + i, x + i, some);
        memset(x + i, 0, some * sizeof *x);
    }
}

HL_FAST static double squares(const float *x, size_t n)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

double hl_rows_sum_of_squares(const float *x, size_t n)
{
    double piece[PIECES], sum = 0.0;
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (int p = 0; p < PIECES; p++) {
        const int64_t begin = hl_part_begin((int64_t)n, PIECES, p);
        piece[p] = squares(x + begin, (size_t)hl_part_count((int64_t)n, PIECES, p));
    }
    for (int p = 0; p < PIECES; p++) sum += piece[p];
    return sum;
}

/* An exponent of all ones is infinity or NaN. */
HL_FAST static int is_finite(const float *x, size_t n)
{
    int infinite = 0;
#pragma omp simd reduction(| : infinite)
    for (size_t i = 0; i < n; i++) infinite |= (hl_expf_bits(x[i]) & 0x7f800000u) == 0x7f800000u;
    return !infinite;
}

int hl_rows_are_finite(const float *x, size_t n)
{
    int finite = 1;
#pragma omp parallel for reduction(&& : finite) if (hl_is_worth_threads(n))
    for (size_t i = 0; i < n; i += add_block)
        finite = finite && is_finite(x + i, n - i < add_block ? n - i : add_block);
    return finite;
}
