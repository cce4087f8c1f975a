/* test-math.c - norm, rotary positions, gated unit, rows, AdamW and the exponentials agree with their slow twins. */
#include "math/adamw.h"
#include "math/count.h"
#include "math/expf.h"
#include "math/linear.h"
#include "math/rmsnorm.h"
#include "math/rmsnorm-part.h"
#include "math/rope.h"
#include "math/rows.h"
#include "math/swiglu.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <float.h>
#include <string.h>

/* Odd sizes: one row, fewer than a vector, a tail, enough for threads. */
static const int row_counts[] = {1, 3, 17, 130};
static const int widths[] = {1, 5, 24, 67, 300};
enum { ROW_COUNTS = sizeof row_counts / sizeof *row_counts, WIDTHS = sizeof widths / sizeof *widths };

static const double close = 1e-6;

#define EACH_SIZE(T, D)                                         \
    for (int t_ = 0; t_ < ROW_COUNTS; t_++)                     \
        for (int w_ = 0, T = row_counts[t_]; w_ < WIDTHS; w_++) \
            for (int D = widths[w_], once_ = 1; once_; once_ = 0)

/* The largest error of f over [from, to], in units in the last place of the larger size: 0.5 is correctly rounded. */
static double worst_error(float (*f)(float), double (*exact)(double), float from, float to, float step)
{
    double worst = 0.0;
    for (float x = from; x < to; x = nextafterf(x + step * fmaxf(1.0f, x), INFINITY)) {
        const double want = exact((double)x);
        worst = fmax(worst, fabs((double)f(x) - want) / (fabs(want) * (double)FLT_EPSILON + 1e-300));
    }
    return worst;
}

static void exponentials_and_logarithm_are_within_two_units_in_the_last_place(void)
{
    CHECK_NEAR(worst_error(hl_expf, exp, -87.0f, 0.0f, 1.3e-4f), 0.0, 1.0);
    CHECK_NEAR(worst_error(hl_expf, exp, 0.0f, 88.37f, 1.3e-5f), 0.0, 1.0);
    CHECK_NEAR(worst_error(hl_exp2f, exp2, -125.0f, 0.0f, 1.7e-4f), 0.0, 1.0);
    CHECK_NEAR(worst_error(hl_exp2f, exp2, 0.0f, 127.0f, 1.7e-5f), 0.0, 1.0);
    CHECK_NEAR(worst_error(hl_logf, log, nextafterf(1.0f, 2.0f), 1e38f, 1e-5f), 0.0, 1.0);
}

static void exponentials_end_in_zero_infinity_and_nan(void)
{
    CHECK(hl_expf(0.0f) == 1.0f && hl_expf(-0.0f) == 1.0f && hl_exp2f(0.0f) == 1.0f && hl_exp2f(-3.0f) == 0.125f);
    CHECK(hl_expf(-INFINITY) == 0.0f && hl_expf(-FLT_MAX) == 0.0f && hl_expf(-87.01f) == 0.0f);
    CHECK(hl_exp2f(-INFINITY) == 0.0f && hl_exp2f(-FLT_MAX) == 0.0f && hl_exp2f(-125.1f) == 0.0f);
    CHECK(hl_expf(INFINITY) == INFINITY && hl_expf(FLT_MAX) == INFINITY && hl_expf(89.0f) == INFINITY);
    CHECK(isnan(hl_expf(NAN)) && isnan(hl_exp2f(NAN)));
    CHECK(hl_logf(1.0f) == 0.0f && hl_logf(INFINITY) == INFINITY && isnan(hl_logf(NAN)));
}

/* What a loss needs besides its argument: the loss is dy . op(x, other). */
typedef struct {
    const double *dy, *other;
    int T, D, of_other;
} op;

static double norm_loss(const double *x, const void *self)
{
    const op *o = self;
    double *y = ref_double_zeros((size_t)(o->T * o->D));
    if (o->of_other) ref_rmsnorm_forward(y, o->other, x, o->T, o->D, 1e-5);
    else ref_rmsnorm_forward(y, x, o->other, o->T, o->D, 1e-5);
    return ref_dot(o->dy, y, (size_t)(o->T * o->D));
}

static void the_norm_agrees_with_its_twin(void)
{
    EACH_SIZE(T, D)
    {
        const size_t n = (size_t)(T * D);
        float *x = ref_random(n, 1, 2.0), *w = ref_random((size_t)D, 2, 1.0), *dy = ref_random(n, 3, 1.0);
        float *y = ref_random(n, 4, 1.0), *rstd = ref_zeros((size_t)T), *dx = ref_zeros(n), *dw = ref_zeros((size_t)D);
        double *X = ref_double(x, n), *W = ref_double(w, (size_t)D), *DY = ref_double(dy, n);
        double *Y = ref_double_zeros(n), *DX = ref_double_zeros(n), *DW = ref_double_zeros((size_t)D);
        ref_rmsnorm_forward(Y, X, W, T, D, 1e-5);
        ref_rmsnorm_backward(DX, DW, DY, X, W, T, D, 1e-5);
        hl_rmsnorm_forward(y, rstd, x, w, T, D, 1e-5f);
        hl_rmsnorm_backward(dx, dw, dy, x, w, rstd, T, D);
        CHECK_NEAR(ref_distance(y, Y, n), 0.0, close);
        memset(y, 0, n * sizeof *y);
        hl_rmsnorm_again(y, rstd, x, w, T, D);
        CHECK_NEAR(ref_distance(y, Y, n), 0.0, close);
        if (D > 1) CHECK_NEAR(ref_distance(dx, DX, n), 0.0, close); /* of one number, all that is left is eps */
        if (D > 1)
            CHECK_NEAR(ref_distance(dw, DW, (size_t)D), 0.0,
                       close); /* of one number, all terms are dy or -dy and cancel */
        ref_done();
    }
}

/* Columns [from, from + C) of x (T, D). */
static float *columns_of(const float *x, int T, int D, int from, int C)
{
    float *y = ref_zeros((size_t)(T * C));
    for (int t = 0; t < T; t++)
        for (int i = 0; i < C; i++) y[t * C + i] = x[t * D + from + i];
    return y;
}

/* Rows cut in two, at each third column; only sums of a row pass between the parts. */
static void parts_of_the_norm_make_the_whole(void)
{
    const int T = 5, D = 37;
    const size_t n = (size_t)(T * D);
    float *x = ref_random(n, 1, 2.0), *w = ref_random((size_t)D, 2, 1.0), *dy = ref_random(n, 3, 1.0);
    float *y = ref_zeros(n), *rstd = ref_zeros((size_t)T), *dx = ref_random(n, 4, 1.0),
          *dw = ref_random((size_t)D, 5, 1.0), *was = columns_of(dx, T, D, 0, D);
    float *dw_was = columns_of(dw, 1, D, 0, D);
    hl_rmsnorm_forward(y, rstd, x, w, T, D, 1e-5f);
    hl_rmsnorm_backward(dx, dw, dy, x, w, rstd, T, D);
    for (int cut = 0; cut <= D; cut += 3) {
        const int from[2] = {0, cut}, C[2] = {cut, D - cut};
        double squares[2][5], along[2][5];
        float *px[2], *pdy[2], *pr = ref_zeros((size_t)T);
        for (int k = 0; k < 2; k++) {
            px[k] = columns_of(x, T, D, from[k], C[k]);
            pdy[k] = columns_of(dy, T, D, from[k], C[k]);
            hl_rmsnorm_part_squares(squares[k], px[k], T, C[k]);
            hl_rmsnorm_part_along(along[k], pdy[k], px[k], w + from[k], T, C[k]);
        }
        for (int t = 0; t < T; t++) squares[0][t] += squares[1][t], along[0][t] += along[1][t];
        for (int k = 0; k < 2; k++) {
            float *py = ref_zeros((size_t)(T * C[k])), *pdx = columns_of(was, T, D, from[k], C[k]),
                  *pdw = columns_of(dw_was, 1, D, from[k], C[k]);
            hl_rmsnorm_part_forward(py, pr, squares[0], px[k], w + from[k], T, C[k], D, 1e-5f);
            hl_rmsnorm_part_backward(pdx, pdw, along[0], pdy[k], px[k], w + from[k], pr, T, C[k], D);
            for (int i = 0; i < T * C[k]; i++) {
                const int at = i / C[k] * D + from[k] + i % C[k];
                CHECK_NEAR(py[i], y[at], 1e-6);
                CHECK_NEAR(pdx[i], dx[at], 1e-5);
            }
            for (int i = 0; i < C[k]; i++) CHECK_NEAR(pdw[i], dw[from[k] + i], 1e-5);
        }
    }
    ref_done();
}

static void the_twin_of_the_norm_has_its_slope(void)
{
    const int T = 3, D = 17;
    double *x = ref_double(ref_random(51, 1, 2.0), 51), *w = ref_double(ref_random(17, 2, 1.0), 17),
           *dy = ref_double(ref_random(51, 3, 1.0), 51);
    double dx[51], dw[17];
    ref_rmsnorm_backward(dx, dw, dy, x, w, T, D, 1e-5);
    const op of_x = {dy, w, T, D, 0}, of_w = {dy, x, T, D, 1};
    CHECK_NEAR(ref_slope(norm_loss, x, dx, 51, &of_x), 1.0, 1e-6);
    CHECK_NEAR(ref_slope(norm_loss, w, dw, 17, &of_w), 1.0, 1e-6);
    ref_done();
}

static void gradients_of_the_norm_add(void)
{
    const float x[3] = {1, 2, 3}, w[3] = {1, 1, 1}, dy[3] = {1, 0, 1};
    float y[3], r, dx[3] = {0}, dw[3] = {0};
    hl_rmsnorm_forward(y, &r, x, w, 1, 3, 0.0f);
    hl_rmsnorm_backward(dx, dw, dy, x, w, &r, 1, 3);
    const float first = dx[0], second = dw[0];
    hl_rmsnorm_backward(dx, dw, dy, x, w, &r, 1, 3);
    CHECK_NEAR(dx[0], 2.0 * (double)first, 1e-7);
    CHECK_NEAR(dw[0], 2.0 * (double)second, 1e-7);
    hl_rmsnorm_backward(dx, NULL, dy, x, w, &r, 1, 3);
    CHECK_NEAR(dw[0], 2.0 * (double)second, 1e-7);
}

static void rotary_positions_agree_with_their_twin(void)
{
    static const int dims[] = {2, 8, 10, 16, 32, 64};
    for (int i = 0; i < 6; i++) {
        const int T = 17, heads = 5, d = dims[i], stride = 7 * d;
        const size_t n = (size_t)(T * stride);
        float *x = ref_random(n, 1, 1.0), *table = ref_take((size_t)(200 * d) * sizeof *table);
        double *X = ref_double(x, n);
        int position[17];
        for (int t = 0; t < T; t++) position[t] = (t * 37) % 200;
        hl_rope_table(table, 200, d, 10000.0, NULL);
        for (int sign = -1; sign <= 1; sign += 2) {
            hl_rope_turn(x, position, table, T, heads, d, stride, sign);
            ref_rope_turn(X, position, 10000.0, T, heads, d, stride, sign);
            CHECK_NEAR(ref_distance(x, X, n), 0.0, close);
        }
        ref_done();
    }
}

static void turning_back_undoes_a_turn(void)
{
    const int T = 3, d = 8, position[3] = {0, 5, 19};
    float *x = ref_random(24, 1, 1.0), *table = ref_take(20 * 8 * sizeof *table), *before = ref_copy(x, 24);
    hl_rope_table(table, 20, d, 500.0, NULL);
    hl_rope_turn(x, position, table, T, 1, d, d, 1);
    CHECK(memcmp(x, before, 8 * sizeof *x) == 0 && memcmp(x + 8, before + 8, 16 * sizeof *x) != 0);
    hl_rope_turn(x, position, table, T, 1, d, d, -1);
    CHECK_NEAR(ref_distance(x, ref_double(before, 24), 24), 0.0, close);
    ref_done();
}

/* Angles that turn often within the original length stay; those that turn seldom are divided by the factor. */
static void scaled_positions_turn_as_their_kinds_say(void)
{
    enum { D = 32, HALF = D / 2 };
    const double theta = 1e4;
    const hl_rope_scaling at = {.factor = 4,
                                .original = 4096,
                                .most = 4096,
                                .low_freq_factor = 1,
                                .high_freq_factor = 4,
                                .beta_fast = 32,
                                .beta_slow = 1};
    double plain[HALF], f[HALF];
    CHECK_NEAR(hl_rope_frequencies(plain, D, theta, &(hl_rope_scaling){0}, 9), 1, 0);
    for (int k = 1; k < hl_rope_scalings_count; k++) {
        hl_rope_scaling s = at;
        s.kind = k;
        const char *name = hl_rope_scalings[k].name;
        const bool all = strcmp(name, "linear") == 0, grows = strcmp(name, "dynamic") == 0;
        CHECK_NEAR(hl_rope_frequencies(f, D, theta, &s, 16384), strcmp(name, "yarn") ? 1 : 0.1 * log(4) + 1, 1e-15);
        CHECK_NEAR(f[0], all ? plain[0] / 4 : plain[0], 0);
        CHECK_NEAR(f[HALF - 1], grows ? plain[HALF - 1] / 13 : plain[HALF - 1] / 4, 1e-9); /* 13 = 4 L / M - 3 */
        for (int i = 1; i < HALF; i++) CHECK(f[i] < f[i - 1] && f[i] <= plain[i] && f[i] >= plain[i] / 13.1);
        hl_rope_frequencies(f, D, theta, &s, 100);
        CHECK(!grows || memcmp(f, plain, sizeof f) == 0); /* no text is longer than it began with */
        s.factor = 1;
        hl_rope_frequencies(f, D, theta, &s, 16384);
        for (int i = 0; i < HALF; i++) CHECK_NEAR(f[i], plain[i], grows ? 1 : 1e-16);
    }
}

static double swiglu_loss(const double *x, const void *self)
{
    const op *o = self;
    double *h = ref_double_zeros((size_t)(o->T * o->D));
    ref_swiglu_forward(h, x, o->T, o->D);
    return ref_dot(o->dy, h, (size_t)(o->T * o->D));
}

static void the_gated_unit_agrees_with_its_twin(void)
{
    EACH_SIZE(T, F)
    {
        const size_t n = (size_t)(T * F);
        float *gu = ref_random(2 * n, 1, 3.0), *dh = ref_random(n, 2, 1.0), *h = ref_random(n, 3, 1.0),
              *dgu = ref_random(2 * n, 4, 1.0);
        double *GU = ref_double(gu, 2 * n), *DH = ref_double(dh, n), *H = ref_double_zeros(n),
               *DGU = ref_double_zeros(2 * n);
        ref_swiglu_forward(H, GU, T, F);
        ref_swiglu_backward(DGU, DH, GU, T, F);
        hl_swiglu_forward(h, gu, T, F);
        CHECK_NEAR(ref_distance(h, H, n), 0.0, close);
        memset(h, 0, n * sizeof *h);
        hl_swiglu_backward(dgu, h, dh, gu, T, F);
        CHECK_NEAR(ref_distance(h, H, n), 0.0, close);
        CHECK_NEAR(ref_distance(dgu, DGU, 2 * n), 0.0, close);
        const op o = {DH, NULL, T, F, 0};
        CHECK_NEAR(ref_slope(swiglu_loss, GU, DGU, 2 * n, &o), 1.0, 1e-5);
        ref_done();
    }
}

static void a_gate_far_from_zero_is_shut_or_open(void)
{
    const float gu[6] = {-200.0f, 200.0f, -90.0f, 2.0f, 3.0f, 4.0f}, dh[3] = {1, 1, 1};
    float h[3], dgu[6];
    hl_swiglu_forward(h, gu, 1, 3);
    hl_swiglu_backward(dgu, h, dh, gu, 1, 3);
    CHECK(h[0] == 0.0f && h[1] == 600.0f && fabsf(h[2]) < 1e-30f);
    CHECK(dgu[0] == 0.0f && dgu[1] == 3.0f && dgu[3] == 0.0f && dgu[4] == 200.0f);
}

static void rows_are_gathered_and_scattered_in_order(void)
{
    const int index[4] = {2, 0, 2, 1};
    const float table[6] = {1, 2, 3, 4, 5, 6};
    float y[8], sum[6] = {10, 10, 10, 10, 10, 10};
    hl_rows_gather(y, table, index, 4, 2);
    CHECK(y[0] == 5 && y[1] == 6 && y[2] == 1 && y[3] == 2 && y[4] == 5 && y[5] == 6 && y[6] == 3 && y[7] == 4);
    hl_rows_scatter_add(sum, y, index, 4, 2);
    CHECK(sum[0] == 11 && sum[1] == 12 && sum[2] == 13 && sum[3] == 14 && sum[4] == 20 && sum[5] == 22);
    hl_rows_scatter_add(sum, y, index, 0, 2);
    CHECK(sum[0] == 11);
}

static void a_mean_is_of_its_segment_and_of_none_is_zero(void)
{
    const int begin[4] = {0, 2, 2, 3};
    const float x[6] = {1, 2, 3, 6, 7, 8}, dy[6] = {2, 4, 100, 100, 5, 6};
    float y[6] = {9, 9, 9, 9, 9, 9}, dx[6] = {9, 9, 9, 9, 9, 9};
    hl_rows_mean_forward(y, x, begin, 3, 2);
    CHECK(y[0] == 2 && y[1] == 4 && y[2] == 0 && y[3] == 0 && y[4] == 7 && y[5] == 8);
    hl_rows_mean_backward(dx, dy, begin, 3, 2);
    CHECK(dx[0] == 1 && dx[1] == 2 && dx[2] == 1 && dx[3] == 2 && dx[4] == 5 && dx[5] == 6);
}

static double unit_loss(const double *x, const void *self)
{
    const op *o = self;
    double *y = ref_double_zeros((size_t)(o->T * o->D));
    ref_unit_forward(y, x, o->T, o->D);
    return ref_dot(o->dy, y, (size_t)(o->T * o->D));
}

static void unit_rows_agree_with_their_twin(void)
{
    EACH_SIZE(T, D)
    {
        if (D == 1) continue; /* the gradient is nothing */
        const size_t n = (size_t)(T * D);
        float *x = ref_random(n, 1, 2.0), *dy = ref_random(n, 2, 1.0), *y = ref_zeros(n), *dx = ref_zeros(n);
        float *norm = ref_zeros((size_t)T), *dots = ref_zeros((size_t)T);
        double *X = ref_double(x, n), *DY = ref_double(dy, n), *Y = ref_double_zeros(n), *DX = ref_double_zeros(n);
        ref_unit_forward(Y, X, T, D);
        ref_unit_backward(DX, DY, X, T, D);
        hl_rows_unit_forward(y, norm, x, T, D);
        hl_rows_unit_backward(dx, dy, y, norm, T, D);
        CHECK_NEAR(ref_distance(y, Y, n), 0.0, close);
        CHECK_NEAR(ref_distance(dx, DX, n), 0.0, close);
        hl_rows_dot(dots, y, x, T, D); /* a row's unit times the row is its norm */
        for (int t = 0; t < T; t++) CHECK_NEAR(dots[t] / norm[t], 1.0, 4.0 * close); /* two sums of up to 300 terms */
        const op o = {DY, NULL, T, D, 0};
        CHECK_NEAR(ref_slope(unit_loss, X, DX, n, &o), 1.0, 1e-5);
        hl_rows_unit_backward(dx, dy, y, norm, T, D);
        for (size_t i = 0; i < n; i++) DX[i] *= 2.0;
        CHECK_NEAR(ref_distance(dx, DX, n), 0.0, close);
        ref_done();
    }
}

static void a_zero_row_has_no_direction(void)
{
    const float x[4] = {0, 0, 3, 4};
    float y[4], norm[2];
    hl_rows_unit_forward(y, norm, x, 2, 2);
    CHECK(y[0] == 0 && y[1] == 0 && norm[0] == 0.0f);
    CHECK_NEAR(y[2], 0.6, close);
    CHECK(norm[1] == 5.0f);
    float dx[4] = {1, 2, 0, 0};
    const float dy[4] = {7, 8, 0, 0};
    hl_rows_unit_backward(dx, dy, y, norm, 2, 2);
    CHECK(dx[0] == 1 && dx[1] == 2);
}

static void odd_rows_are_found(void)
{
    const float x[] = {1, 2, 0, 0, INFINITY, 0, 1e18f, 1e18f, 3, NAN, 2e19f, 0};
    CHECK(hl_rows_find_odd(x, 0, 6, 2) == 2 && hl_rows_find_odd(x, 3, 6, 2) == 4 && hl_rows_find_odd(x, 5, 6, 2) == 5);
    CHECK(hl_rows_find_odd(x, 0, 2, 2) == 2 && hl_rows_find_odd(x, 6, 6, 2) == 6 && hl_rows_find_odd(x, 0, 0, 2) == 0);
}

/* What is not a number stands before the target. */
static void scores_that_are_not_numbers_are_misses(void)
{
    enum { N = 40 };
    float scores[3 * N], scale[N];
    const float threshold[3] = {0.5f, NAN, -1};
    int weight[N];
    int64_t above[3] = {0}, equal[3] = {0};
    for (int i = 0; i < 3 * N; i++)
        scores[i] = i % N == 7 ? NAN : i % N == 8 ? INFINITY : i % N == 9 ? -INFINITY : 0.25f;
    for (int i = 0; i < N; i++) scale[i] = 1, weight[i] = 2;
    hl_count_scores(above, equal, scores, scale, weight, threshold, 0, 3, N);
    CHECK(above[0] == 4 && equal[0] == 0);
    CHECK(above[1] == 2 * N && equal[1] == 0);
    CHECK(above[2] == 2 * (N - 1) && equal[2] == 0);
}

static void near_scores_are_found(void)
{
    enum { N = 200 };
    float scores[N];
    int found = 0;
    for (int i = 0; i < N; i++) scores[i] = i % 29 == 5 ? 1.0f : i % 2 ? NAN : 2.5f;
    for (int i = 0; (i = hl_count_find_near(scores, i, N, 0.5f, 1.0f)) < N; i++) CHECK(i == 29 * found++ + 5);
    CHECK(found == 7 && hl_count_find_near(scores, N, N, 0, 9) == N && hl_count_find_near(scores, 0, N, 3, 2) == N);
}

static void sums_and_squares_are_complete(void)
{
    const size_t n = 100003;
    float *x = ref_random(n, 1, 1.0), *y = ref_random(n, 2, 1.0);
    double *sum = ref_double(y, n), squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum[i] += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    hl_add(y, x, n);
    CHECK_NEAR(ref_distance(y, sum, n), 0.0, 1e-7);
    CHECK_NEAR(hl_rows_sum_of_squares(x, n) / squares, 1.0, 1e-12);
    CHECK(hl_rows_sum_of_squares(x, 0) == 0.0);
    CHECK_NEAR(hl_rows_sum_of_squares(x, 1), (double)x[0] * (double)x[0], 0.0);
    ref_done();
}

static void one_number_that_is_not_finite_is_found(void)
{
    const size_t n = 50001, places[] = {0, 7, 4095, 4096, 33333, 50000};
    const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    float *x = ref_random(n, 1, 1e30);
    x[5] = FLT_MAX;
    x[6] = FLT_TRUE_MIN;
    CHECK(hl_rows_are_finite(x, n) && hl_rows_are_finite(x, 0));
    for (size_t i = 0; i < 6; i++)
        for (int k = 0; k < 4; k++) {
            const float was = x[places[i]];
            x[places[i]] = bad[k];
            CHECK(!hl_rows_are_finite(x, n));
            x[places[i]] = was;
        }
    ref_done();
}

/* By PyTorch 2.15:
 *   w = torch.tensor([0.5, -1.25, 3.0, 0.0], requires_grad=True)
 *   o = torch.optim.AdamW([w], lr=0.01, weight_decay=0.1, foreach=False)
 *   for g in ([0.1, -2.0, 1e-6, 0.0], [0.3, 1.5, -1e-6, 0.0], [-0.2, 0.25, 5.0, -1e-3]):
 *       w.grad = torch.tensor(g); o.step(); print([x.hex() for x in w.tolist()])
 *   print(o.state[w]["exp_avg"].tolist(), o.state[w]["exp_avg_sq"].tolist()) */
static const float torch_gradient[3][4] = {
    {0.1f, -2.0f, 1e-6f, 0.0f}, {0.3f, 1.5f, -1e-6f, 0.0f}, {-0.2f, 0.25f, 5.0f, -1e-3f}};
static const double torch_weight[3][4] = {{0x1.f53f7ep-2, -0x1.3d1eb8p+0, 0x1.7e5942p+1, 0.0},
                                          {0x1.eb5944p-2, -0x1.3c93p+0, 0x1.7e0874p+1, 0.0},
                                          {0x1.e83768p-2, -0x1.3c3eap+0, 0x1.7cd554p+1, 0x1.a2a544p-8}};
static const double torch_m[4] = {0.015100003220140934, -0.0019999949727207422, 0.5, -0.00010000000474974513};
static const double torch_v[4] = {0.00013989002036396414, 0.006302254274487495, 0.02500000223517418,
                                  1.0000001937626735e-09};

static void adamw_takes_the_steps_of_pytorch(void)
{
    float w[4] = {0.5f, -1.25f, 3.0f, 0.0f}, m[4] = {0}, v[4] = {0};
    hl_adamw how = {.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.1, .grad_scale = 1.0};
    for (int step = 0; step < 3; step++) {
        how.step = step + 1;
        hl_adamw_step(w, m, v, torch_gradient[step], 4, &how);
        for (int i = 0; i < 4; i++) CHECK_NEAR(w[i], torch_weight[step][i], 1.2e-7 * fabs(torch_weight[step][i]));
    }
    for (int i = 0; i < 4; i++) {
        CHECK_NEAR(m[i], torch_m[i], 2e-7 * fabs(torch_m[i]) + 6e-9); /* in the second, terms of 0.03 cancel */
        CHECK_NEAR(v[i], torch_v[i], 2e-7 * torch_v[i]);
    }
}

static void adamw_agrees_with_its_twin(void)
{
    const size_t n = 40007;
    float *w = ref_random(n, 1, 1.0), *m = ref_zeros(n), *v = ref_zeros(n);
    double *W = ref_double(w, n), *M = ref_double(m, n), *V = ref_double(v, n);
    for (int step = 1; step <= 5; step++) {
        const hl_adamw how = {.lr = 3e-3,
                              .beta1 = 0.9,
                              .beta2 = 0.95,
                              .eps = 1e-6,
                              .weight_decay = 0.05,
                              .step = step,
                              .grad_scale = 0.25};
        float *g = ref_random(n, (uint32_t)(10 + step), 0.1);
        hl_adamw_step(w, m, v, g, n, &how);
        ref_adamw_step(W, M, V, ref_double(g, n), n, &how);
    }
    CHECK_NEAR(ref_distance(w, W, n), 0.0, close);
    CHECK_NEAR(ref_distance(m, M, n), 0.0, close);
    CHECK_NEAR(ref_distance(v, V, n), 0.0, close);
    ref_done();
}

/* Runs of rows with and without gradients, from a row in the midst of the table on. */
static void adamw_of_some_rows_has_the_bits_of_all_with_zeros(void)
{
    enum { ROWS = 1000, BEGIN = 70, D = 37 };
    const size_t n = (size_t)(ROWS - BEGIN) * D;
    float *all[3], *some[3], *g = ref_zeros(n), *packed = ref_zeros(n);
    hl_bitmap has;
    hl_bitmap_open(&has, ROWS);
    for (int i = 0; i < 3; i++) {
        all[i] = ref_random(n, (uint32_t)i + 1, i == 0 ? 1.0 : 1e-3);
        for (size_t k = 0; k < n && i == 2; k++) all[i][k] *= all[i][k]; /* of the squares */
        some[i] = ref_zeros(n);
        memcpy(some[i], all[i], n * sizeof(float));
    }
    for (int step = 1; step <= 4; step++) {
        const hl_adamw how = {.lr = 3e-3,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .eps = 1e-8,
                              .weight_decay = 0.1,
                              .step = step,
                              .grad_scale = 0.7};
        const float *drawn = ref_random(n, (uint32_t)step + 20, 1e-3);
        size_t held = 0;
        hl_bitmap_clear(&has);
        memset(g, 0, n * sizeof *g);
        for (size_t row = 0; row < ROWS; row++) {
            if (row / 3 % 7 != (size_t)step && row / 100 != 5) continue;
            hl_bitmap_add(&has, row);
            if (row < BEGIN) continue;
            memcpy(g + (row - BEGIN) * D, drawn + held * D, D * sizeof *g);
            memcpy(packed + held * D, drawn + held * D, D * sizeof *g);
            held++;
        }
        hl_bitmap_count(&has);
        hl_adamw_step(all[0], all[1], all[2], g, n, &how);
        hl_math_threads(step);
        hl_adamw_step_rows(&(hl_adamw_rows){some[0], some[1], some[2], packed, &has, BEGIN, ROWS, D}, &how);
        hl_math_threads(1);
        for (int i = 0; i < 3; i++) CHECK(memcmp(all[i], some[i], n * sizeof(float)) == 0);
    }
    hl_bitmap_close(&has);
    ref_done();
}

/* Everything of this file that is no product, into y, one after the other. */
static size_t all_ops(float *y, int threads)
{
    enum { T = 517, D = 131 };
    const size_t n = T * D;
    const int begin[5] = {0, 100, 100, 101, T};
    float *x = ref_random(2 * n, 1, 1.0), *w = ref_random(D, 2, 1.0), *dy = ref_random(n, 3, 1.0), *rstd = ref_zeros(T),
          *table = ref_zeros(T * 10);
    int index[T], position[T];
    float *at = y;
    for (int t = 0; t < T; t++) {
        index[t] = t * 7 % 40;
        position[t] = t;
    }
    hl_math_threads(threads);
    hl_rmsnorm_forward(at, rstd, x, w, T, D, 1e-5f), at += n;
    hl_rmsnorm_backward(at, at + n, dy, x, w, rstd, T, D), at += n + D;
    hl_swiglu_forward(at, x, T, D), at += n;
    hl_swiglu_backward(at, at + 2 * n, dy, x, T, D), at += 3 * n;
    hl_rope_table(table, T, 10, 1e4, NULL);
    memcpy(at, x, n * sizeof *x);
    hl_rope_turn(at, position, table, T, 13, 10, D, 1), at += n;
    hl_rows_gather(at, x, index, T, D), at += n;
    hl_rows_scatter_add(at, dy, index, T, D), at += 40 * D;
    hl_rows_mean_forward(at, x, begin, 4, D), at += 4 * D;
    hl_rows_mean_backward(at, w, (int[]){0, T}, 1, D), at += n;
    hl_rows_unit_forward(at, at + n, x, T, D), at += n + T;
    hl_rows_unit_backward(at, dy, x, rstd, T, D), at += n;
    hl_rows_dot(at, x, dy, T, D), at += T;
    hl_add(at, x, n), at += n;
    *at++ = (float)hl_rows_sum_of_squares(x, n);
    const hl_adamw how = {.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .step = 1, .grad_scale = 1.0};
    hl_adamw_step(at, at + n, at + 2 * n, x, n, &how), at += 3 * n;
    hl_math_threads(1);
    return (size_t)(at - y);
}

static void the_number_of_threads_does_not_show(void)
{
    const size_t room = 1200000;
    float *one = ref_zeros(room), *two = ref_zeros(room), *three = ref_zeros(room);
    const size_t n = all_ops(one, 1);
    CHECK(n <= room && all_ops(two, 2) == n && all_ops(three, 3) == n);
    CHECK(hl_rows_sum_of_squares(one, n) > 0.0 && hl_rows_are_finite(one, n));
    CHECK(memcmp(one, two, n * sizeof *one) == 0);
    CHECK(memcmp(one, three, n * sizeof *one) == 0);
    ref_done();
}

static const test tests[] = {
    {"exponentials and logarithm are within two units in the last place",
     exponentials_and_logarithm_are_within_two_units_in_the_last_place},
    {"exponentials end in zero, infinity and NaN", exponentials_end_in_zero_infinity_and_nan},
    {"the norm agrees with its twin", the_norm_agrees_with_its_twin},
    {"parts of the norm make the whole", parts_of_the_norm_make_the_whole},
    {"the twin of the norm has its slope", the_twin_of_the_norm_has_its_slope},
    {"gradients of the norm add", gradients_of_the_norm_add},
    {"rotary positions agree with their twin", rotary_positions_agree_with_their_twin},
    {"turning back undoes a turn", turning_back_undoes_a_turn},
    {"scaled positions turn as their kinds say", scaled_positions_turn_as_their_kinds_say},
    {"the gated unit agrees with its twin", the_gated_unit_agrees_with_its_twin},
    {"a gate far from zero is shut or open", a_gate_far_from_zero_is_shut_or_open},
    {"rows are gathered and scattered in order", rows_are_gathered_and_scattered_in_order},
    {"a mean is of its segment, and of none is zero", a_mean_is_of_its_segment_and_of_none_is_zero},
    {"unit rows agree with their twin", unit_rows_agree_with_their_twin},
    {"a zero row has no direction", a_zero_row_has_no_direction},
    {"odd rows are found", odd_rows_are_found},
    {"scores that are not numbers are misses", scores_that_are_not_numbers_are_misses},
    {"near scores are found", near_scores_are_found},
    {"sums and squares are complete", sums_and_squares_are_complete},
    {"one number that is not finite is found", one_number_that_is_not_finite_is_found},
    {"AdamW takes the steps of PyTorch", adamw_takes_the_steps_of_pytorch},
    {"AdamW agrees with its twin", adamw_agrees_with_its_twin},
    {"AdamW of some rows has the bits of all rows with zeros", adamw_of_some_rows_has_the_bits_of_all_with_zeros},
    {"the number of threads does not show", the_number_of_threads_does_not_show},
};

HL_TESTS("math", tests)
