/* test-product.c - products, in fp32 and of factors rounded to bf16, agree with plain loops. */
#include "math/bf16.h"
#include "math/expf.h"
#include "math/kernels.h"
#include "math/linear.h"
#include "math/product.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <stdlib.h>
#include <string.h>

static const double close = 1e-6;

static void a_product_agrees_with_plain_loops(void)
{
    static const int row_counts[] = {1, 3, 17, 130}; /* one, fewer than a vector, a tail, enough for threads */
    const int D = 67, F = 24;
    for (size_t i = 0; i < sizeof row_counts / sizeof *row_counts; i++) {
        const int T = row_counts[i];
        const size_t nx = (size_t)(T * D), ny = (size_t)(T * F), nw = (size_t)(F * D);
        float *x = ref_random(nx, 1, 1.0), *w = ref_random(nw, 2, 1.0), *dy = ref_random(ny, 3, 1.0),
              *y = ref_random(ny, 4, 1.0);
        float *dx = ref_random(nx, 5, 1.0), *dw = ref_zeros(nw); /* what is in dx does not matter */
        double *X = ref_double(x, nx), *W = ref_double(w, nw), *DY = ref_double(dy, ny), *Y = ref_double_zeros(ny);
        double *DX = ref_double_zeros(nx), *DW = ref_double_zeros(nw);
        ref_linear_forward(Y, X, W, T, D, F);
        ref_linear_backward(DX, DW, DY, X, W, T, D, F);
        CHECK_NEAR(ref_dot(DY, Y, ny), ref_dot(DX, X, nx), 1e-9 * (double)ny * D); /* the backward is the adjoint */
        CHECK_NEAR(ref_dot(DY, Y, ny), ref_dot(DW, W, nw), 1e-9 * (double)ny * D);
        hl_linear_forward(y, x, w, T, D, F);
        hl_linear_backward(dx, dw, dy, x, w, T, D, F);
        CHECK_NEAR(ref_distance(y, Y, ny), 0.0, close);
        CHECK_NEAR(ref_distance(dx, DX, nx), 0.0, close);
        CHECK_NEAR(ref_distance(dw, DW, nw), 0.0, close);
        ref_done();
    }
}

static void bf16_is_the_nearest_ties_to_even(void)
{
    static const struct {
        uint32_t from;
        uint16_t to;
    } known[] = {
        {0x3f800000, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f808001, 0x3f81}, {0x3f818000, 0x3f82},
        {0x3f817fff, 0x3f81}, {0xbf818000, 0xbf82}, {0x80000000, 0x8000}, {0x00018000, 0x0002},
        {0x7f7fffff, 0x7f80}, {0xff800000, 0xff80}, {0x7f800001, 0x7fc0}, {0x7fffffff, 0x7fff},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        float x = hl_expf_of_bits(known[i].from);
        uint16_t y;
        hl_bf16_round(&y, &x, 1);
        CHECK(y == known[i].to);
        hl_bf16_round_in_place(&x, 1);
        CHECK(hl_expf_bits(x) == (uint32_t)known[i].to << 16);
    }
}

static double *rounded_double(const float *x, size_t n)
{
    float *y = ref_copy(x, n);
    hl_bf16_round_in_place(y, n);
    return ref_double(y, n);
}

/* Against the twin with rounded factors, so that only sums in fp32 are between them; dw is added to. */
static void rounded_product_agrees(hl_math_precision how, int T, int D, int F)
{
    const size_t nx = (size_t)(T * D), ny = (size_t)(T * F), nw = (size_t)(F * D);
    float *x = ref_random(nx, 1, 1.0), *w = ref_random(nw, 2, 1.0), *dy = ref_random(ny, 3, 1.0),
          *y = ref_random(ny, 4, 1.0);
    float *dx = ref_random(nx, 5, 1.0), *dw = ref_random(nw, 6, 1.0);
    double *X = rounded_double(x, nx), *W = rounded_double(w, nw), *DY = rounded_double(dy, ny),
           *Y = ref_double_zeros(ny);
    double *DX = ref_double_zeros(nx), *DW = ref_double_zeros(nw), *before = ref_double(dw, nw),
           *exact = ref_double_zeros(ny);
    ref_linear_forward(Y, X, W, T, D, F);
    ref_linear_forward(exact, ref_double(x, nx), ref_double(w, nw), T, D, F);
    ref_linear_backward(DX, DW, DY, X, W, T, D, F);
    for (size_t i = 0; i < nw; i++) DW[i] += before[i];
    hl_math_set_precision(how);
    hl_linear_forward(y, x, w, T, D, F);
    hl_linear_backward(dx, dw, dy, x, w, T, D, F);
    hl_math_set_precision(HL_MATH_FP32);
    CHECK_NEAR(ref_distance(y, Y, ny), 0.0, close);
    CHECK_NEAR(ref_distance(dx, DX, nx), 0.0, close);
    CHECK_NEAR(ref_distance(dw, DW, nw), 0.0, close);
    CHECK(ref_distance(y, exact, ny) > 1e-4); /* something was rounded */
    ref_done();
}

static void products_round_their_factors_where_told(void)
{
    for (hl_math_precision how = HL_MATH_BF16; how <= HL_MATH_BF16_SLOWLY; how++) {
        rounded_product_agrees(how, 1, 67, 24);
        rounded_product_agrees(how, 40, 64, 64);
        rounded_product_agrees(how, 129, 33, 48); /* a sum over tokens that is filled up */
        rounded_product_agrees(how, 300, 128, 17);
    }
}

static void products_of_whole_numbers_are_exact_and_add(void)
{
    const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, -1, 2, 2, 2}; /* (2, 3) both */
    float c[4] = {7, 7, 7, 7}, left[6] = {1, 1, 1, 1, 1, 1}, right[6] = {1, 1, 1, 1, 1, 1};
    hl_rows_by_rows(c, a, b, 2, 2, 3);
    CHECK(c[0] == -2 && c[1] == 12 && c[2] == -2 && c[3] == 30);
    hl_rows_times(left, c, b, 2, 2, 3);
    CHECK(left[0] == 23 && left[1] == 25 && left[2] == 27 && left[3] == 59 && left[4] == 61 && left[5] == 63);
    hl_columns_times(right, c, b, 2, 2, 3);
    CHECK(right[0] == -5 && right[1] == -3 && right[2] == -1 && right[3] == 73 && right[4] == 61 && right[5] == 49);
}

typedef void product(float *c, size_t c_row, hl_numbers a, hl_numbers b, int M, int N, int K, bool add);

static hl_matrix_view factor_of(hl_numbers x)
{
    return x.column == 1 ? (hl_matrix_view){x.at, (int)x.row, false} : (hl_matrix_view){x.at, (int)x.column, true};
}

static void multiply(float *c, size_t c_row, hl_numbers a, hl_numbers b, int M, int N, int K, bool add)
{
    hl_linear_multiply(c, (int)c_row, factor_of(a), factor_of(b), M, N, K, add);
}

/* Some product (M, N, K) of whole numbers against the plain triple loop, a or b read by columns where turned. */
static int product_is_exact(product *make, int M, int N, int K, bool turn_a, bool turn_b, bool add)
{
    const size_t na = (size_t)(M * K), nb = (size_t)(K * N), nc = (size_t)(M * N);
    float *a = ref_random(na, 1, 2.0), *b = ref_random(nb, 2, 2.0), *c = ref_random(nc, 3, 2.0),
          *want = ref_take(nc * sizeof *want);
    for (size_t i = 0; i < na; i++) a[i] = rintf(a[i]);
    for (size_t i = 0; i < nb; i++) b[i] = rintf(b[i]);
    for (size_t i = 0; i < nc; i++) c[i] = rintf(c[i]);
    for (size_t i = 0; i < nc; i++) want[i] = add ? c[i] : 0.0f;
    for (int m = 0; m < M; m++)
        for (int k = 0; k < K; k++)
            for (int n = 0; n < N; n++)
                want[m * N + n] += a[turn_a ? k * M + m : m * K + k] * b[turn_b ? n * K + k : k * N + n];
    const hl_numbers left = {a, turn_a ? 1 : (size_t)K, turn_a ? (size_t)M : 1},
                     right = {b, turn_b ? 1 : (size_t)N, turn_b ? (size_t)K : 1};
    make(c, (size_t)N, left, right, M, N, K, add);
    int same = 1;
    for (size_t i = 0; i < nc; i++) same &= c[i] == want[i]; /* zeros of either sign */
    ref_done();
    return same;
}

static void a_small_product_is_that_of_plain_loops_at_any_size(void)
{
    static const int sizes[][3] = {{1, 1, 1},       {5, 3, 2},        {6, 16, 7},     {48, 64, 384}, {49, 65, 385},
                                   {51, 513, 5},    {130, 344, 64},   {53, 172, 769}, {700, 47, 33}, {1030, 129, 390},
                                   {53, 1100, 520}, {103, 150, 4100}, {4101, 150, 9}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int how = 0; how < 8; how++)
            CHECK(product_is_exact(hl_product, sizes[i][0], sizes[i][1], sizes[i][2], how & 1, how & 2, how & 4));
    hl_math_threads(3);
    CHECK(product_is_exact(hl_product, 700, 130, 200, false, true, false)
          && product_is_exact(hl_product, 344, 110, 1000, true, false, true));
    for (int how = 0; how < 8; how++)
        CHECK(product_is_exact(hl_product, 100, 2100, 600, how & 1, how & 2,
                               how & 4)); /* turns that wait for each other */
    hl_math_threads(1);
}

/* Of vectors of 8 numbers this is too wide for products of our own, and left to BLAS; three threads have 129, 129
 * and 128 rows. */
static void a_wide_product_is_that_of_plain_loops_at_any_number_of_threads(void)
{
    enum { M = 386, N = 364, K = 365 };
    CHECK(hl_product_is_faster(M, N, K) == hl_has_wide_vectors());
    for (int threads = 1; threads <= 3; threads += 2) {
        hl_math_threads(threads);
        for (int how = 0; how < 8; how++) CHECK(product_is_exact(multiply, M, N, K, how & 1, how & 2, how & 4));
    }
    hl_math_threads(1);
}

/* Row m of c = a b, a in columns where turned, alone and in two halves of its columns. */
static int row_is_alone(const float *c, const float *a, const float *b, int m, int M, int N, int K, bool turned)
{
    const hl_numbers left = {a + (turned ? m : m * K), 1, turned ? (size_t)M : 1};
    const int half = N / 2;
    float *row = ref_zeros((size_t)N);
    hl_product(row, (size_t)N, left, (hl_numbers){b, (size_t)N, 1}, 1, half, K, false);
    hl_product(row + half, (size_t)N, left, (hl_numbers){b + half, (size_t)N, 1}, 1, N - half, K, false);
    return memcmp(row, c + m * N, (size_t)N * sizeof *row) == 0;
}

static void numbers_of_a_product_do_not_depend_on_what_stands_beside(void)
{
    enum { M = 1030, N = 150, K = 500 };
    float *a = ref_random(M * K, 1, 1.0), *b = ref_random(K * N, 2, 1.0), *c = ref_zeros(M * N);
    for (int turned = 0; turned < 2; turned++) {
        hl_product(c, (size_t)N, turned ? (hl_numbers){a, 1, M} : (hl_numbers){a, K, 1}, (hl_numbers){b, N, 1}, M, N, K,
                   false);
        for (int m = 0; m < M; m += 7) CHECK(row_is_alone(c, a, b, m, M, N, K, turned));
    }
    ref_done();
}

static void a_product_of_no_rows_does_nothing(void)
{
    float x = 1.0f, w[6] = {1, 2, 3, 4, 5, 6}, y = 5.0f, dx = 3.0f, dw[6] = {9, 9, 9, 9, 9, 9};
    hl_linear_forward(&y, &x, w, 0, 2, 3);
    hl_linear_backward(&dx, dw, &y, &x, w, 0, 2, 3);
    hl_rows_by_rows(&y, &x, w, 0, 3, 2);
    hl_rows_by_rows(&y, &x, w, 1, 0, 1);
    CHECK(y == 5.0f && dx == 3.0f && dw[0] == 9.0f && dw[5] == 9.0f);
}

static void the_gradient_through_a_product_of_no_columns_is_zero(void)
{
    const float x[4] = {1, 2, 3, 4};
    float dx[4] = {5, 6, 7, 8}, none = 0.0f;
    hl_linear_backward(dx, &none, &none, x, &none, 2, 2, 0);
    CHECK(dx[0] == 0 && dx[1] == 0 && dx[2] == 0 && dx[3] == 0);
}

static void a_gradient_that_is_not_wanted_is_not_computed(void)
{
    const float x[2] = {1, 2}, w[2] = {3, 4}, dy[1] = {2};
    float dx[2] = {5, 5}, dw[2] = {0};
    hl_linear_backward(dx, NULL, dy, x, w, 1, 2, 1);
    hl_linear_backward(NULL, dw, dy, x, w, 1, 2, 1);
    CHECK(dx[0] == 6 && dx[1] == 8 && dw[0] == 2 && dw[1] == 4);
}

/* OpenBLAS with its version and kernel, another BLAS by its file. */
static void the_library_names_itself(void)
{
    const char *name = hl_math_library();
    if (strncmp(name, "OpenBLAS", 8) == 0) CHECK(strncmp(name, "OpenBLAS 0.", 11) == 0 && strrchr(name, ' ')[1] != 0);
    else CHECK(strncmp(name, "lib", 3) == 0 && strstr(name, ".so") != NULL);
}

/* Any that the processor has; none other is taken by mistake. */
static void kernels_are_those_that_are_named(void)
{
    static const char *const names[] = {"avx512", "avx2", "plain"};
    const bool wide[] = {true, false, false}, vectors[] = {true, true, false};
    int here = 0;
    for (int i = 0; i < 3; i++) {
        if (hl_kernels_choose(names[i]) != HL_OK) {
            CHECK(strstr(hl_error_text(), names[i]) && strstr(hl_error_text(), hl_kernels_name()));
            continue;
        }
        here++;
        CHECK(strcmp(hl_kernels_name(), names[i]) == 0 && hl_has_wide_vectors() == wide[i]
              && hl_has_vectors() == vectors[i]);
        a_product_agrees_with_plain_loops();
        a_small_product_is_that_of_plain_loops_at_any_size();
        a_wide_product_is_that_of_plain_loops_at_any_number_of_threads();
    }
    CHECK(here > 0 && strcmp(hl_kernels_name(), "plain") == 0); /* which any processor has */
    CHECK_OK(hl_kernels_choose(getenv("HLLM_KERNELS")));
}

static void kernels_that_there_are_not_are_refused(void)
{
    static const char *const wrong[] = {"AVX2", "avx", "avx2 ", "native"};
    const char *best = (hl_kernels_choose(NULL), hl_kernels_name());
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(hl_kernels_choose(wrong[i]) == HL_EUSAGE && strstr(hl_error_text(), wrong[i])
              && strstr(hl_error_text(), "avx512, avx2 or plain"));
    CHECK(hl_kernels_choose("") == HL_OK && strcmp(hl_kernels_name(), best) == 0);
    CHECK_OK(hl_kernels_choose(getenv("HLLM_KERNELS")));
}

static const test tests[] = {
    {"a product agrees with plain loops", a_product_agrees_with_plain_loops},
    {"bf16 is the nearest, ties to even", bf16_is_the_nearest_ties_to_even},
    {"products round their factors to bf16 where told", products_round_their_factors_where_told},
    {"products of whole numbers are exact, and add", products_of_whole_numbers_are_exact_and_add},
    {"a small product is that of plain loops, at any size", a_small_product_is_that_of_plain_loops_at_any_size},
    {"a wide product is that of plain loops, at any number of threads",
     a_wide_product_is_that_of_plain_loops_at_any_number_of_threads},
    {"numbers of a product do not depend on what stands beside",
     numbers_of_a_product_do_not_depend_on_what_stands_beside},
    {"a product of no rows does nothing", a_product_of_no_rows_does_nothing},
    {"the gradient through a product of no columns is zero", the_gradient_through_a_product_of_no_columns_is_zero},
    {"a gradient that is not wanted is not computed", a_gradient_that_is_not_wanted_is_not_computed},
    {"kernels are those that are named, and multiply rightly", kernels_are_those_that_are_named},
    {"kernels that there are not are refused", kernels_that_there_are_not_are_refused},
    {"the library names itself", the_library_names_itself},
};

HL_TESTS("product", tests)
