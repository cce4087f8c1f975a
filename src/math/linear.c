/* linear.c - the products, by BLAS.
 *
 * BLAS is told about row-major matrices and does the rest, where hl_product is not faster.  A product without rows or
 * columns is legal and does nothing: a rank may have no tokens. */
#include "math/linear.h"
#include "math/product.h"
#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

static hl_numbers numbers_of(hl_factor x)
{
    return x.turned ? (hl_numbers){x.at, 1, (size_t)x.row} : (hl_numbers){x.at, (size_t)x.row, 1};
}

void hl_multiply(float *c, int c_row, hl_factor a, hl_factor b, int M, int N, int K, bool add)
{
    if (M == 0 || N == 0 || (K == 0 && add)) return;
    if (K > 0 && hl_product_is_small(M, N, K)) hl_product(c, (size_t)c_row, numbers_of(a), numbers_of(b), M, N, K, add);
    else
        cblas_sgemm(CblasRowMajor, a.turned ? CblasTrans : CblasNoTrans, b.turned ? CblasTrans : CblasNoTrans, M, N, K, 1.0f, a.at, a.row > 0 ? a.row : 1,
                    b.at, b.row > 0 ? b.row : 1, add ? 1.0f : 0.0f, c, c_row);
}

void hl_linear_forward(float *y, const float *x, const float *w, int T, int D, int F)
{
    hl_rows_by_rows(y, x, w, T, F, D);
}

static double *doubles_of(const float *x, size_t n, hl_arena *scratch)
{
    double *y = HL_TAKE(scratch, double, n);
    for (size_t i = 0; i < n; i++) y[i] = x[i];
    return y;
}

void hl_linear_forward_double(float *y, const float *x, const float *w, int T, int D, int F, hl_arena *scratch)
{
    if (T == 0 || F == 0) return;
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)F;
    const double *a = doubles_of(x, (size_t)T * (size_t)D, scratch), *b = doubles_of(w, (size_t)F * (size_t)D, scratch);
    double *c = HL_TAKE(scratch, double, n);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, T, F, D, 1.0, a, D, b, D, 0.0, c, F);
    for (size_t i = 0; i < n; i++) y[i] = (float)c[i];
    hl_arena_back(scratch, mark);
}

void hl_linear_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T, int D, int F)
{
    if (dx) hl_multiply(dx, D, (hl_factor){dy, F, false}, (hl_factor){w, D, false}, T, D, F, false);
    if (dw) hl_columns_times(dw, dy, x, T, F, D);
}

void hl_rows_by_rows(float *c, const float *a, const float *b, int M, int N, int K)
{
    hl_multiply(c, N, (hl_factor){a, K, false}, (hl_factor){b, K, true}, M, N, K, false);
}

void hl_rows_times(float *c, const float *a, const float *b, int M, int N, int K)
{
    hl_multiply(c, K, (hl_factor){a, N, false}, (hl_factor){b, K, false}, M, K, N, true);
}

void hl_columns_times(float *c, const float *a, const float *b, int M, int N, int K)
{
    hl_multiply(c, K, (hl_factor){a, N, true}, (hl_factor){b, K, false}, N, K, M, true);
}

void hl_math_threads(int threads)
{
    omp_set_num_threads(threads > 1 ? threads : 1); /* OpenBLAS made for OpenMP listens to this alone */
}

const char *hl_math_library(void)
{
    static char name[128];
    const char *config = openblas_get_config(); /* "OpenBLAS 0.3.21 DYNAMIC_ARCH ..." */
    const size_t first = strcspn(config, " "), second = first + strcspn(config + first + (config[first] != 0), " ") + (config[first] != 0);
    snprintf(name, sizeof name, "%.*s %s", (int)second, config, openblas_get_corename());
    return name;
}
