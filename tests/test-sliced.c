/* test-sliced.c - products in slices are products, and whoever has some of the slices gets the bits of the whole. */
#include "base/fold.h"
#include "base/rng.h"
#include "math/linear.h"
#include "math/norm.h"
#include "math/sliced.h"
#include "tests/check.h"
#include <string.h>

enum { T = 300, D = 48, SLICES = 4, Q = 32, K = 16, N = Q + 2 * K, MOST = T * 64 };

static float x[T * D], w[N * D], dy[T * N], wide[T * N], back[T * D];

static void fill(float *v, size_t n, uint64_t seed)
{
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 0, 0);
    for (size_t i = 0; i < n; i++) v[i] = (float)hl_rng_below(&r, 2001) / 1000 - 1;
}

static void fill_all(void)
{
    fill(x, T * D, 1);
    fill(w, N * D, 2);
    fill(dy, T * N, 3);
    fill(wide, T * N, 4);
    fill(back, T * D, 5);
}

static void check_all_near(const float *a, const float *b, size_t n)
{
    double furthest = 0;
    for (size_t i = 0; i < n; i++) furthest = fmax(furthest, fabs((double)a[i] - b[i]));
    CHECK_NEAR(furthest, 0, 2e-4);
}

/* Rows r of the pieces that the slices [first, first + n) of SLICES have, one part after the other: `from` (parts,
 * width, row). */
static void take_pieces(float *to, const float *from, const hl_pieces *p, int first, int n, int row)
{
    for (int i = 0, begin = 0; i < p->parts; begin += p->width[i++]) {
        const int width = p->width[i] / SLICES;
        memcpy(to, from + (size_t)(begin + first * width) * (size_t)row, (size_t)(n * width * row) * sizeof *to);
        to += n * width * row;
    }
}

/* The same of columns: from (T, columns of p). */
static void take_columns(float *to, const float *from, const hl_pieces *p, int first, int n, int width_of_to,
                         int width_of_from)
{
    for (int t = 0; t < T; t++) take_pieces(to + t * width_of_to, from + t * width_of_from, p, first, n, 1);
}

static hl_pieces part_of(const hl_pieces *p, int n)
{
    hl_pieces mine = *p;
    mine.slices = n;
    for (int i = 0; i < p->parts; i++) mine.width[i] = p->width[i] / SLICES * n;
    return mine;
}

static const hl_pieces whole = {SLICES, 3, {Q, K, K}};

static void products_in_slices_are_products(void)
{
    static float got[MOST], want[MOST], dw[N * D], dw_want[N * D];
    hl_arena scratch = hl_arena_growing("scratch");
    fill_all();
    hl_sliced_column_parallel_forward(got, x, w, T, D, &whole);
    hl_linear_forward(want, x, w, T, D, N);
    check_all_near(got, want, T * N);
    fill(dw, N * D, 6);
    fill(dw_want, N * D, 6);
    hl_sliced_column_parallel_backward(got, dw, dy, x, w, T, D, &whole, &scratch);
    hl_linear_backward(want, dw_want, dy, x, w, T, D, N);
    check_all_near(got, want, T * D);
    check_all_near(dw, dw_want, N * D);
    hl_sliced_row_parallel_forward(got, wide, w, T, N, D, SLICES, &scratch); /* w as (D, N) */
    hl_linear_forward(want, wide, w, T, N, D);
    check_all_near(got, want, T * D);
    hl_sliced_row_parallel_backward(got, dw, back, wide, w, T, N, D);
    hl_linear_backward(want, dw_want, back, wide, w, T, N, D);
    check_all_near(got, want, T * N);
    check_all_near(dw, dw_want, N * D);
    hl_arena_free(&scratch);
}

/* What `owners` that have the same number of slices each get, put together. */
static void columns_by(float *y, float *dx, float *dw, int owners, int threads)
{
    static float my_w[N * D], my_y[T * N], my_dy[T * N], my_dw[N * D], parts[SLICES * T * D];
    const int n = SLICES / owners;
    const hl_pieces mine = part_of(&whole, n);
    const int width = hl_pieces_width(&mine);
    hl_arena scratch = hl_arena_growing("scratch");
    hl_math_threads(threads);
    for (int r = 0; r < owners; r++) {
        take_pieces(my_w, w, &whole, r * n, n, D);
        take_columns(my_dy, dy, &whole, r * n, n, width, N);
        memset(my_dw, 0, sizeof my_dw);
        hl_sliced_column_parallel_forward(my_y, x, my_w, T, D, &mine);
        hl_sliced_column_parallel_backward(parts + (size_t)r * T * D, my_dw, my_dy, x, my_w, T, D, &mine, &scratch);
        memcpy(y, my_y, (size_t)(T * width) * sizeof *y);
        memcpy(dw, my_dw, (size_t)(width * D) * sizeof *dw);
        y += T * width;
        dw += width * D;
    }
    hl_fold(parts, owners, (size_t)T * D * sizeof *parts, (size_t)T * D, hl_fold_floats);
    memcpy(dx, parts, (size_t)T * D * sizeof *dx);
    hl_math_threads(1);
    hl_arena_free(&scratch);
}

/* Slice s of the columns of n slices' owner: y (T, columns of one slice), and its rows of dw. */
static void slice_of_owner(float *y, float *dw, const float *of_y, const float *of_dw, int s, int n)
{
    const hl_pieces p = part_of(&whole, n);
    const int width = hl_pieces_width(&p), one = N / SLICES;
    for (int i = 0, at = 0, to = 0; i < p.parts; at += p.width[i], to += p.width[i] / n, i++) {
        const int columns = p.width[i] / n, from = at + s * columns;
        for (int t = 0; t < T; t++) memcpy(y + t * one + to, of_y + t * width + from, (size_t)columns * sizeof *y);
        memcpy(dw + to * D, of_dw + from * D, (size_t)(columns * D) * sizeof *dw);
    }
}

/* Owners of one slice each, and fewer owners. */
static void the_bits_do_not_depend_on_the_owners(void)
{
    static float y[2][T * N], dx[2][T * D], dw[2][N * D], y_slice[T * N], dw_slice[N * D];
    const size_t one = N / SLICES;
    fill_all();
    columns_by(y[0], dx[0], dw[0], SLICES, 1);
    for (int owners = 1; owners < SLICES; owners *= 2)
        for (int threads = 1; threads <= 3; threads++) {
            const int n = SLICES / owners;
            columns_by(y[1], dx[1], dw[1], owners, threads);
            CHECK(memcmp(dx[0], dx[1], sizeof dx[0]) == 0);
            for (int s = 0; s < SLICES; s++) {
                const size_t owner = (size_t)(s / n) * (size_t)n * one;
                slice_of_owner(y_slice, dw_slice, y[1] + owner * T, dw[1] + owner * D, s % n, n);
                CHECK(memcmp(y_slice, y[0] + (size_t)s * one * T, one * T * sizeof(float)) == 0);
                CHECK(memcmp(dw_slice, dw[0] + (size_t)s * one * D, one * D * sizeof(float)) == 0);
            }
        }
}

static void sums_over_terms_do_not_depend_on_the_owners(void)
{
    static float want[T * D], parts[SLICES * T * D], my_x[T * N], my_w[N * D];
    hl_arena scratch = hl_arena_growing("scratch");
    fill_all();
    hl_sliced_row_parallel_forward(want, wide, w, T, N, D, SLICES, &scratch);
    for (int owners = 2; owners <= SLICES; owners *= 2) {
        const int width = N / owners;
        for (int r = 0; r < owners; r++) {
            for (int t = 0; t < T; t++)
                memcpy(my_x + t * width, wide + t * N + r * width, (size_t)width * sizeof *my_x);
            for (int d = 0; d < D; d++) memcpy(my_w + d * width, w + d * N + r * width, (size_t)width * sizeof *my_w);
            hl_sliced_row_parallel_forward(parts + (size_t)r * T * D, my_x, my_w, T, width, D, SLICES / owners,
                                           &scratch);
        }
        hl_fold(parts, owners, (size_t)T * D * sizeof *parts, (size_t)T * D, hl_fold_floats);
        CHECK(memcmp(parts, want, sizeof want) == 0);
    }
    hl_arena_free(&scratch);
}

/* Pieces of a long row of numbers of very different sizes, from either end. */
static void squares_have_no_order(void)
{
    enum { LONG = 100000 };
    static float v[LONG];
    hl_squares forward = {0, 0}, backward = {0, 0};
    double plain = 0;
    fill(v, LONG, 9);
    for (int i = 0; i < LONG; i++) {
        v[i] *= i % 3 ? 1e-4f : 3.0f;
        plain += (double)v[i] * v[i];
    }
    const float most = hl_largest(0, v, LONG);
    for (int i = 0; i < LONG; i += 1000) hl_squares_add(&forward, v + i, 1000, most);
    for (int i = LONG; i > 0; i -= 100) hl_squares_add(&backward, v + i - 100, 100, most);
    CHECK(forward.upper == backward.upper && forward.lower == backward.lower);
    CHECK_NEAR(hl_squares_sum(&forward, most) / plain, 1, 1e-11);
    v[77] = NAN;
    CHECK(isnan(hl_largest(0, v, LONG)));
    v[77] = -INFINITY;
    CHECK(isnan(hl_largest(0, v, LONG)));
}

static const test tests[] = {
    {"products in slices are products", products_in_slices_are_products},
    {"the bits do not depend on the owners or the threads", the_bits_do_not_depend_on_the_owners},
    {"sums over terms do not depend on the owners", sums_over_terms_do_not_depend_on_the_owners},
    {"squares have no order", squares_have_no_order},
};
HL_TESTS("sliced", tests)
