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

static hl_numbers turned(const float *x, CBLAS_TRANSPOSE turn, int row)
{
    return turn == CblasNoTrans ? (hl_numbers){x, (size_t)row, 1} : (hl_numbers){x, 1, (size_t)row};
}

/* c (M, N) = a b, or += where `add`, where a is (M, K) and b (K, N) after the asked transpositions; rows are dense. */
static void product(float *c, const float *a, CBLAS_TRANSPOSE turn_a, const float *b, CBLAS_TRANSPOSE turn_b, int M, int N, int K, bool add)
{
    if (M == 0 || N == 0 || (K == 0 && add)) return;
    const int a_row = turn_a == CblasNoTrans ? K : M, b_row = turn_b == CblasNoTrans ? N : K;
    if (K > 0 && hl_product_is_small(M, N, K)) hl_product(c, turned(a, turn_a, a_row), turned(b, turn_b, b_row), M, N, K, add);
    else cblas_sgemm(CblasRowMajor, turn_a, turn_b, M, N, K, 1.0f, a, a_row > 0 ? a_row : 1, b, b_row > 0 ? b_row : 1, add ? 1.0f : 0.0f, c, N);
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
    if (dx) product(dx, dy, CblasNoTrans, w, CblasNoTrans, T, D, F, false);
    if (dw) hl_columns_times(dw, dy, x, T, F, D);
}

void hl_rows_by_rows(float *c, const float *a, const float *b, int M, int N, int K)
{
    product(c, a, CblasNoTrans, b, CblasTrans, M, N, K, false);
}

void hl_rows_times(float *c, const float *a, const float *b, int M, int N, int K)
{
    product(c, a, CblasNoTrans, b, CblasNoTrans, M, K, N, true);
}

void hl_columns_times(float *c, const float *a, const float *b, int M, int N, int K)
{
    product(c, a, CblasTrans, b, CblasNoTrans, N, K, M, true);
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
