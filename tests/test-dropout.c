/* test-dropout.c - what is dropped is what its name says, as often as it says, and attention drops probabilities so. */
#include "base/rng.h"
#include "math/attention.h"
#include "math/dropout.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <string.h>

static const hl_dropout draws = {77, 5000000000, 9, 0.3};

/* One number at a time, by the function as it was published. */
static double factor_of(const hl_dropout *d, int sample, uint32_t block, int i)
{
    const uint32_t dropped = (uint32_t)lround(d->rate * 65536);
    hl_rng r = hl_rng_from(hl_rng_at(d->seed, HL_FOR_DROPOUT, d->step * 65536 + (uint64_t)d->site, (uint32_t)sample),
                           block + (uint32_t)i / 8);
    for (int k = 0; k < i % 8 / 2; k++) (void)hl_rng_u32(&r);
    const uint32_t word = hl_rng_u32(&r), chance = i % 2 ? word >> 16 : word & 65535;
    return chance < dropped ? 0 : 65536.0 / (65536 - dropped);
}

static void factors_are_those_of_philox(void)
{
    static const int counts[] = {1, 7, 8, 128, 131, 1000};
    for (int c = 0; c < 6; c++) {
        float *x = ref_zeros((size_t)counts[c]);
        hl_dropout_factors(x, &draws, 3, 40, counts[c]);
        double furthest = 0;
        for (int i = 0; i < counts[c]; i++) furthest = fmax(furthest, fabs((double)x[i] - factor_of(&draws, 3, 40, i)));
        CHECK_NEAR(furthest, 0, 1e-6);
        ref_done();
    }
}

static void as_many_are_dropped_as_the_rate_says(void)
{
    enum { N = 200000 };
    static const double rates[] = {0, 0.1, 0.5, 0.9};
    for (int i = 0; i < 4; i++) {
        float *x = ref_zeros(N);
        double zeros = 0, sum = 0;
        hl_dropout_factors(x, &(hl_dropout){1, 2, 3, rates[i]}, 4, 0, N);
        for (int k = 0; k < N; k++) zeros += x[k] == 0, sum += (double)x[k];
        CHECK_NEAR(zeros / N, rates[i], 5 * sqrt(rates[i] * (1 - rates[i]) / N) + 1e-5);
        CHECK_NEAR(sum / N, 1, 0.02);
        ref_done();
    }
}

static double share_alike(const hl_dropout *a, int sample_a, const hl_dropout *b, int sample_b)
{
    enum { N = 20000 };
    float *x = ref_zeros(N), *y = ref_zeros(N);
    double alike = 0;
    hl_dropout_factors(x, a, sample_a, 0, N);
    hl_dropout_factors(y, b, sample_b, 0, N);
    for (int i = 0; i < N; i++) alike += x[i] == y[i];
    ref_done();
    return alike / N;
}

static void every_part_of_a_name_counts(void)
{
    const hl_dropout half = {1, 2, 3, 0.5}, others[] = {{2, 2, 3, 0.5}, {1, 3, 3, 0.5}, {1, 2, 4, 0.5}};
    CHECK(share_alike(&half, 1, &half, 1) == 1);
    CHECK_NEAR(share_alike(&half, 1, &half, 2), 0.5, 0.02);
    for (int i = 0; i < 3; i++) CHECK_NEAR(share_alike(&half, 1, &others[i], 1), 0.5, 0.02);
}

/* Any columns of any rows, together or not. */
static void a_piece_drops_what_the_whole_drops(void)
{
    enum { N = 37, WIDTH = 1043 };
    static const int begin[] = {0, 5, 8, 519, 900, WIDTH};
    int sample[N], row[N];
    for (int i = 0; i < N; i++) sample[i] = i / 10, row[i] = i % 10 + 4;
    float *whole = ref_random((size_t)N * WIDTH, 1, 1.0), *x = ref_copy(whole, (size_t)N * WIDTH);
    hl_dropout_apply(whole, &draws, &(hl_dropout_rows){sample, row, N, WIDTH, 0, WIDTH});
    bool same = true, some = false;
    for (int c = 0; c < 5; c++) {
        const int C = begin[c + 1] - begin[c];
        float *piece = ref_zeros((size_t)N * (size_t)C);
        for (int i = 0; i < N; i++)
            memcpy(piece + (size_t)i * (size_t)C, x + (size_t)i * WIDTH + begin[c], (size_t)C * sizeof *x);
        for (int i = 0; i < N; i++) /* row by row */
            hl_dropout_apply(piece + (size_t)i * (size_t)C, &draws,
                             &(hl_dropout_rows){sample + i, row + i, 1, C, begin[c], WIDTH});
        for (int i = 0; i < N; i++)
            same &=
                memcmp(piece + (size_t)i * (size_t)C, whole + (size_t)i * WIDTH + begin[c], (size_t)C * sizeof *x) == 0;
    }
    for (size_t i = 0; i < (size_t)N * WIDTH; i++) some |= whole[i] == 0;
    CHECK(same && some);
    ref_done();
}

/* ---- attention */

enum { H = 3, K = 3, D = 5, PLACES = 50, SEGMENTS = 3, T = 60 };
static const int begin_of[] = {0, 1, 42, T};

static double drop_of(const hl_attention_drop *a, int segment, int head, int q, int k)
{
    const uint32_t line = (uint32_t)(a->first_head + head) * PLACES + (uint32_t)q;
    return factor_of(&a->draws, a->sample[begin_of[segment]], line * ((PLACES + 7) / 8), k);
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < D; i++) sum += a[i] * b[i];
    return sum;
}

/* The plain loop: o, and dqkv given d_o. */
static void twin(double *o, double *dqkv, const double *d_o, const double *qkv, const hl_attention_drop *a)
{
    enum { ROW = (H + 2 * K) * D };
    for (int s = 0; s < SEGMENTS; s++)
        for (int h = 0; h < H; h++)
            for (int i = 0; i < begin_of[s + 1] - begin_of[s]; i++) {
                const int first = begin_of[s];
                const double *q = qkv + (first + i) * ROW + h * D, *grad = d_o + (first + i) * H * D + h * D;
                double p[T], dp[T], sum = 0, along = 0;
                for (int k = 0; k <= i; k++) sum += p[k] = exp(dot(q, qkv + (first + k) * ROW + (H + h) * D) / sqrt(D));
                for (int k = 0; k <= i; k++) {
                    const double *v = qkv + (first + k) * ROW + (H + K + h) * D, f = drop_of(a, s, h, i, k);
                    p[k] /= sum;
                    dp[k] = f * dot(grad, v);
                    along += p[k] * dp[k];
                    for (int c = 0; c < D; c++) {
                        o[(first + i) * H * D + h * D + c] += f * p[k] * v[c];
                        dqkv[(first + k) * ROW + (H + K + h) * D + c] += f * p[k] * grad[c];
                    }
                }
                for (int k = 0; k <= i; k++)
                    for (int c = 0; c < D; c++) {
                        const double ds = p[k] * (dp[k] - along) / sqrt(D);
                        dqkv[(first + i) * ROW + h * D + c] += ds * qkv[(first + k) * ROW + (H + h) * D + c];
                        dqkv[(first + k) * ROW + (H + h) * D + c] += ds * q[c];
                    }
            }
}

static void attention_drops_probabilities_as_its_twin(void)
{
    int sample[T];
    for (int s = 0; s < SEGMENTS; s++)
        for (int i = begin_of[s]; i < begin_of[s + 1]; i++) sample[i] = 7 + s;
    const hl_attention_drop a = {draws, sample, 2, PLACES};
    const hl_heads heads = {.H = H, .K = K, .d = D, .group = 1, .drop = &a};
    const size_t nq = T * (H + 2 * K) * D, no = T * H * D;
    float *qkv = ref_random(nq, 1, 1.0), *d_o = ref_random(no, 2, 1.0), *o = ref_zeros(no), *lse = ref_zeros(T * H),
          *dqkv = ref_zeros(nq);
    double *O = ref_double_zeros(no), *DQKV = ref_double_zeros(nq);
    hl_attention_forward(o, lse, qkv, begin_of, SEGMENTS, &heads);
    hl_attention_backward(dqkv, d_o, o, lse, qkv, begin_of, SEGMENTS, &heads);
    twin(O, DQKV, ref_double(d_o, no), ref_double(qkv, nq), &a);
    CHECK_NEAR(ref_distance(o, O, no), 0, 2e-6);
    CHECK_NEAR(ref_distance(dqkv, DQKV, nq), 0, 2e-6);
    ref_done();
}

static const test tests[] = {
    {"factors are those of Philox, one number at a time", factors_are_those_of_philox},
    {"as many are dropped as the rate says, and the mean stays", as_many_are_dropped_as_the_rate_says},
    {"seed, step, site and sample each count", every_part_of_a_name_counts},
    {"a piece drops what the whole drops", a_piece_drops_what_the_whole_drops},
    {"attention drops probabilities as its twin does, forward and backward", attention_drops_probabilities_as_its_twin},
};
HL_TESTS("dropout", tests)
