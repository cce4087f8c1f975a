/* layernorm-part.c - layer norm of rows that several ranks hold together, some columns each.
 *
 * The equations are those of layernorm.c, taken apart where a sum over the columns stands; the variance is that of the
 * squares less that of the mean, in double. */
#include "math/layernorm-part.h"
#include "base/minmax.h"
#include "math/simd.h"
#include <math.h>

enum { COLUMNS = 64 }; /* of a block: some cache lines */

HL_FAST static void sums_of(double *sums, const float *x, int C)
{
    double sum = 0.0, squares = 0.0;
#pragma omp simd reduction(+ : sum, squares)
    for (int i = 0; i < C; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * x[i];
    }
    sums[0] = sum;
    sums[1] = squares;
}

HL_FAST static void forward_row(float *restrict y, const float *restrict x, const float *restrict w,
                                const float *restrict b, double r, double mean, int C)
{
#pragma omp simd
    for (int i = 0; i < C; i++) y[i] = (float)((double)w[i] * ((double)x[i] - mean) * r + (double)b[i]);
}

HL_FAST static void along_row(double *along, const float *dy, const float *x, const float *w, float r, float mean,
                              int C)
{
    double of_z = 0.0, all = 0.0;
#pragma omp simd reduction(+ : of_z, all)
    for (int i = 0; i < C; i++) {
        const double g = w[i] * dy[i];
        all += g;
        of_z += g * (double)((x[i] - mean) * r);
    }
    along[0] = of_z;
    along[1] = all;
}

/* Columns [first, first + n) of all rows, so that the sums of dw are one thread's. */
HL_FAST static void backward_columns(float *restrict dx, float *restrict dw, float *restrict db, const double *along,
                                     const float *restrict dy, const float *restrict x, const float *restrict w,
                                     const float *kept, int T, int C, int D, int first, int n)
{
    for (int t = 0; t < T; t++) {
        const size_t at = (size_t)t * (size_t)C;
        const float r = kept[2 * t], mean = kept[2 * t + 1], back = (float)(along[2 * t] / D),
                    each = (float)(along[2 * t + 1] / D);
#pragma omp simd
        for (int i = first; i < first + n; i++) {
            const float d = dy[at + (size_t)i], z = (x[at + (size_t)i] - mean) * r;
            dx[at + (size_t)i] += r * (w[i] * d - each - z * back);
            dw[i] += d * z;
            db[i] += d;
        }
    }
}

void hl_layernorm_part_sums(double *sums, const float *x, int T, int C)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int t = 0; t < T; t++) sums_of(sums + 2 * t, x + (size_t)t * (size_t)C, C);
}

void hl_layernorm_part_forward(float *y, float *kept, const double *sums, const float *x, const float *w, int T, int C,
                               int D, float eps)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int t = 0; t < T; t++) {
        const double mean = sums[2 * t] / D, variance = hl_max(sums[2 * t + 1] / D - mean * mean, 0.0),
                     r = 1.0 / sqrt(variance + (double)eps);
        forward_row(y + (size_t)t * (size_t)C, x + (size_t)t * (size_t)C, w, w + D, r, mean, C);
        kept[2 * t] = (float)r;
        kept[2 * t + 1] = (float)mean;
    }
}

void hl_layernorm_part_along(double *along, const float *dy, const float *x, const float *w, const float *kept, int T,
                             int C)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int t = 0; t < T; t++) {
        const size_t at = (size_t)t * (size_t)C;
        along_row(along + 2 * t, dy + at, x + at, w, kept[2 * t], kept[2 * t + 1], C);
    }
}

void hl_layernorm_part_backward(float *dx, float *dw, const double *along, const float *dy, const float *x,
                                const float *w, const float *kept, int T, int C, int D)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int c = 0; c < C; c += COLUMNS)
        backward_columns(dx, dw, dw + D, along, dy, x, w, kept, T, C, D, c, hl_min(C - c, (int)COLUMNS));
}
