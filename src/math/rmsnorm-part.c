/* rmsnorm-part.c - root mean square layer norm of rows that several ranks hold together, some columns each.
 *
 * The equations are those of rmsnorm.c, taken apart where a sum over the columns stands. */
#include "math/rmsnorm-part.h"
#include "math/simd.h"
#include <math.h>

enum { COLUMNS = 64 }; /* of a block: some cache lines */

HL_FAST static double squares_of(const float *x, int C)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < C; i++) sum += (double)x[i] * x[i];
    return sum;
}

HL_FAST static void forward_row(float *restrict y, const float *restrict x, const float *restrict w, double r, int C)
{
#pragma omp simd
    for (int i = 0; i < C; i++) y[i] = (float)((double)w[i] * x[i] * r);
}

HL_FAST static double along_row(const float *dy, const float *x, const float *w, int C)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < C; i++) sum += (double)x[i] * (w[i] * dy[i]);
    return sum;
}

/* Columns [first, first + n) of all rows, so that the sums of dw are one thread's. */
HL_FAST static void backward_columns(float *restrict dx, float *restrict dw, const double *along,
                                     const float *restrict dy, const float *restrict x, const float *restrict w,
                                     const float *rstd, int T, int C, int D, int first, int n)
{
    for (int t = 0; t < T; t++) {
        const size_t at = (size_t)t * (size_t)C;
        const float r = rstd[t], back = (float)(along[t] / D) * r * r;
#pragma omp simd
        for (int i = first; i < first + n; i++) {
            dx[at + (size_t)i] += r * (w[i] * dy[at + (size_t)i] - x[at + (size_t)i] * back);
            dw[i] += dy[at + (size_t)i] * (x[at + (size_t)i] * r);
        }
    }
}

void hl_rmsnorm_part_squares(double *squares, const float *x, int T, int C)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int t = 0; t < T; t++) squares[t] = squares_of(x + (size_t)t * (size_t)C, C);
}

void hl_rmsnorm_part_forward(float *y, float *rstd, const double *squares, const float *x, const float *w, int T, int C,
                             int D, float eps)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int t = 0; t < T; t++) {
        const double r = 1.0 / sqrt(squares[t] / D + (double)eps);
        forward_row(y + (size_t)t * (size_t)C, x + (size_t)t * (size_t)C, w, r, C);
        rstd[t] = (float)r;
    }
}

void hl_rmsnorm_part_along(double *along, const float *dy, const float *x, const float *w, int T, int C)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int t = 0; t < T; t++) along[t] = along_row(dy + (size_t)t * (size_t)C, x + (size_t)t * (size_t)C, w, C);
}

void hl_rmsnorm_part_backward(float *dx, float *dw, const double *along, const float *dy, const float *x,
                              const float *w, const float *rstd, int T, int C, int D)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)T * (size_t)C))
    for (int c = 0; c < C; c += COLUMNS)
        backward_columns(dx, dw, along, dy, x, w, rstd, T, C, D, c, C - c < COLUMNS ? C - c : COLUMNS);
}
