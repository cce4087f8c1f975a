/* linear.c - the products, by hl_product or by BLAS, whichever is faster.
 *
 * BLAS is told about row-major matrices and does the rest.  A product without rows or columns is legal and does
 * nothing: a rank may have no tokens. */
#include "math/linear.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/bf16.h"
#include "math/product.h"
#include "math/simd.h"
#include <cblas.h>
#include <dlfcn.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static hl_numbers numbers_of(hl_matrix_view x)
{
    return x.turned ? (hl_numbers){x.at, 1, (size_t)x.row} : (hl_numbers){x.at, (size_t)x.row, 1};
}

/* Rows [begin, end) of c, on as many threads as BLAS takes. */
static void multiply_rows(float *c, int c_row, hl_matrix_view a, hl_matrix_view b, int begin, int end, int N, int K,
                          bool add)
{
    const float *from = a.at + (size_t)begin * (a.turned ? 1 : (size_t)a.row);
    cblas_sgemm(CblasRowMajor, a.turned ? CblasTrans : CblasNoTrans, b.turned ? CblasTrans : CblasNoTrans, end - begin,
                N, K, 1.0f, from, a.row > 0 ? a.row : 1, b.at, b.row > 0 ? b.row : 1, add ? 1.0f : 0.0f,
                c + (size_t)begin * (size_t)c_row, c_row);
}

/* Threads that each have rows of their own need not wait for one another's panels, as those of one call do. */
static void multiply_by_blas(float *c, int c_row, hl_matrix_view a, hl_matrix_view b, int M, int N, int K, bool add)
{
    const int threads = omp_in_parallel() ? 1 : omp_get_max_threads();
    if (threads == 1 || M < threads * HL_LINEAR_LEAST_ROWS) {
        multiply_rows(c, c_row, a, b, 0, M, N, K, add);
        return;
    }
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < threads; i++)
        multiply_rows(c, c_row, a, b, (int)hl_part_begin(M, threads, i), (int)hl_part_begin(M, threads, i + 1), N, K,
                      add);
}

/* own: by hl_product. */
static void multiply_by(bool own, float *c, int c_row, hl_matrix_view a, hl_matrix_view b, int M, int N, int K,
                        bool add)
{
    if (M == 0 || N == 0 || (K == 0 && add)) return;
    if (K > 0 && own) hl_product(c, (size_t)c_row, numbers_of(a), numbers_of(b), M, N, K, add);
    else multiply_by_blas(c, c_row, a, b, M, N, K, add);
}

void hl_linear_multiply(float *c, int c_row, hl_matrix_view a, hl_matrix_view b, int M, int N, int K, bool add)
{
    multiply_by(hl_product_is_faster(M, N, K), c, c_row, a, b, M, N, K, add);
}

void hl_linear_multiply_by_blas(float *c, int c_row, hl_matrix_view a, hl_matrix_view b, int M, int N, int K)
{
    multiply_by(false, c, c_row, a, b, M, N, K, false);
}

static hl_math_precision precision;

void hl_math_set_precision(hl_math_precision p) { precision = p; }

bool hl_math_is_fp32(void) { return precision == HL_MATH_FP32; }

/* The factor of n numbers, rounded. */
static hl_matrix_view rounded(hl_matrix_view x, size_t n, hl_arena *room)
{
    float *y = HL_TAKE(room, float, n);
    memcpy(y, x.at, n * sizeof *y);
    hl_bf16_round_in_place(y, n);
    return (hl_matrix_view){y, x.row, x.turned};
}

static void multiply_rounded(float *c, hl_matrix_view a, hl_matrix_view b, int M, int N, int K, bool add)
{
    static _Thread_local hl_arena room; /* stays until the thread ends: a product allocates nothing */
    if (!room.name) room = hl_arena_growing("rounded factors");
    hl_linear_multiply(c, N, rounded(a, (size_t)M * (size_t)K, &room), rounded(b, (size_t)K * (size_t)N, &room), M, N,
                       K, add);
    hl_arena_back(&room, 0);
}

/* A product of a layer, all dense. */
static void multiply(float *c, hl_matrix_view a, hl_matrix_view b, int M, int N, int K, bool add)
{
    if (precision == HL_MATH_FP32 || M == 0 || N == 0 || K == 0) hl_linear_multiply(c, N, a, b, M, N, K, add);
    else if (precision == HL_MATH_BF16 && hl_bf16_is_here())
        hl_bf16_product(c, numbers_of(a), numbers_of(b), M, N, K, add);
    else multiply_rounded(c, a, b, M, N, K, add);
}

void hl_linear_forward(float *y, const float *x, const float *w, int T, int D, int F)
{
    multiply(y, (hl_matrix_view){x, D, false}, (hl_matrix_view){w, D, true}, T, F, D, false);
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
    if (dx) multiply(dx, (hl_matrix_view){dy, F, false}, (hl_matrix_view){w, D, false}, T, D, F, false);
    if (dw) multiply(dw, (hl_matrix_view){dy, F, true}, (hl_matrix_view){x, D, false}, F, D, T, true);
}

void hl_linear_weights(float *dw, const float *dy, const float *x, int T, int D, int F, int begin, int end)
{
    multiply_by(hl_product_is_faster(F, D, T), dw + (size_t)begin * (size_t)D, D, (hl_matrix_view){dy + begin, F, true},
                (hl_matrix_view){x, D, false}, end - begin, D, T, true);
}

void hl_rows_by_rows(float *c, const float *a, const float *b, int M, int N, int K)
{
    hl_linear_multiply(c, N, (hl_matrix_view){a, K, false}, (hl_matrix_view){b, K, true}, M, N, K, false);
}

void hl_rows_times(float *c, const float *a, const float *b, int M, int N, int K)
{
    hl_linear_multiply(c, K, (hl_matrix_view){a, N, false}, (hl_matrix_view){b, K, false}, M, K, N, true);
}

void hl_columns_times(float *c, const float *a, const float *b, int M, int N, int K)
{
    hl_linear_multiply(c, K, (hl_matrix_view){a, N, true}, (hl_matrix_view){b, K, false}, N, K, M, true);
}

void hl_math_threads(int threads)
{
    omp_set_num_threads(hl_max(threads, 1)); /* OpenBLAS made for OpenMP listens to this alone */
}

#ifdef HL_HAS_OPENBLAS
const char *hl_math_library(void)
{
    static char name[128];
    const char *config = openblas_get_config(); /* "OpenBLAS 0.3.21 DYNAMIC_ARCH ..." */
    const size_t first = strcspn(config, " "),
                 second = first + strcspn(config + first + (config[first] != 0), " ") + (config[first] != 0);
    snprintf(name, sizeof name, "%.*s %s", (int)second, config, openblas_get_corename());
    return name;
}
#else
/* Another BLAS is called by its file: libblis.so.4. */
const char *hl_math_library(void)
{
    Dl_info where;
    if (!dladdr((void *)(uintptr_t)cblas_sgemm, &where) || !where.dli_fname) return "a BLAS without a name";
    const char *slash = strrchr(where.dli_fname, '/');
    return slash ? slash + 1 : where.dli_fname;
}
#endif
