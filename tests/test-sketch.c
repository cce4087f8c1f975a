/* test-sketch.c - what is kept of a tensor: the same from any parts, and near the truth about differences. */
#include "math/sketch.h"
#include "base/arena.h"
#include "base/rng.h"
#include "tests/check.h"
#include "tests/ref-sketch.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { N = 5000, NAME = 77 };

/* Normal numbers of standard deviation `size`. */
static float *numbers(size_t n, uint32_t which, double size)
{
    hl_rng r = hl_rng_at(3, HL_FOR_TESTS, which, 0);
    float *x = hl_alloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (float)(size * hl_rng_normal(&r));
    return x;
}

static hl_sketch sketch(const float *x, size_t n)
{
    hl_sketch_sums s = {0};
    hl_sketch_add(&s, x, n, NAME, 0);
    return hl_sketch_of(&s);
}

static void check_against_twin(const float *x, size_t n)
{
    hl_sketch a = sketch(x, n), b = ref_sketch(x, n, NAME);
    CHECK(a.digest == b.digest);
    CHECK_NEAR(a.norm, b.norm, 1e-14 * b.norm);
    for (int j = 0; j < HL_PROJECTIONS; j++) CHECK_NEAR(a.projection[j], b.projection[j], 1e-14 * b.norm);
}

static void sums_are_those_of_the_slow_twin(void)
{
    const double sizes[] = {1e-18, 1e-9, 1e-3, 1, 1e5, 1e15};
    for (uint32_t k = 0; k < 6; k++) {
        float *x = numbers(N, k, sizes[k]);
        check_against_twin(x, N);
        free(x);
    }
    const float edges[] = {0, -0.0f, FLT_MIN / 3, -FLT_MIN, FLT_TRUE_MIN, 1, -1, 1 + FLT_EPSILON, 1e19f, -3e-20f};
    check_against_twin(edges, sizeof edges / sizeof *edges);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) check_against_twin(edges + i, 1);
}

/* Numbers of all sizes in any parts in any order: the same bits. */
static void parts_make_the_whole_to_the_bit(void)
{
    float *x = numbers(N, 7, 1);
    hl_rng r = hl_rng_at(4, HL_FOR_TESTS, 0, 0);
    for (int i = 0; i < N; i++) x[i] = ldexpf(x[i], (int)hl_rng_below(&r, 80) - 40);
    hl_sketch_sums whole = {0}, parts = {0};
    hl_sketch_add(&whole, x, N, NAME, 0);
    for (int k = 12; k >= 0; k--) {
        hl_sketch_sums part = {0};
        int begin = k * N / 13, end = (k + 1) * N / 13;
        hl_sketch_add(&part, x + begin, (size_t)(end - begin), NAME, begin);
        for (size_t i = 0; i < sizeof part / sizeof(uint64_t); i++) ((uint64_t *)&parts)[i] += ((uint64_t *)&part)[i];
    }
    CHECK(memcmp(&whole, &parts, sizeof whole) == 0);
    free(x);
}

static void one_flipped_bit_changes_the_digest(void)
{
    float *x = numbers(N, 8, 1);
    hl_sketch a = sketch(x, N);
    for (int bit = 0; bit < 32; bit++) {
        uint32_t word;
        memcpy(&word, x + 4321, sizeof word);
        word ^= 1u << bit;
        memcpy(x + 4321, &word, sizeof word);
        CHECK(sketch(x, N).digest != a.digest);
        word ^= 1u << bit;
        memcpy(x + 4321, &word, sizeof word);
    }
    CHECK(sketch(x, N).digest == a.digest);
    free(x);
}

/* One number that differs is estimated to rounding; many, over many tensors, in the mean of the squares: each has a
 * standard deviation of sqrt(2 / HL_PROJECTIONS), so their mean over 400 lies within 0.15 (four of them) of 1. */
static void differences_are_estimated(void)
{
    enum { TENSORS = 400, LONG = 300 };
    double mean = 0;
    float *x = numbers(LONG * TENSORS, 9, 1), *e = numbers(LONG * TENSORS, 10, 1e-4);
    for (int k = 0; k < TENSORS; k++) {
        float *a = x + k * LONG, *d = e + k * LONG, b[LONG];
        double true_squares = 0;
        for (int i = 0; i < LONG; i++) {
            b[i] = a[i] + d[i];
            true_squares += ((double)b[i] - a[i]) * ((double)b[i] - a[i]);
        }
        hl_sketch p = sketch(a, LONG), q = sketch(b, LONG);
        double found = hl_sketch_difference(&p, &q) * fmax(p.norm, q.norm);
        mean += found * found / true_squares / TENSORS;
    }
    CHECK_NEAR(mean, 1, 0.15);
    hl_sketch p = sketch(x, LONG);
    x[17] += 0.25f;
    hl_sketch q = sketch(x, LONG);
    CHECK_NEAR(hl_sketch_difference(&p, &q), 0.25 / fmax(p.norm, q.norm), 1e-8);
    free(x);
    free(e);
}

/* A difference that is constant along a tensor, as one of a bias or a scale is, is not made small by too even a
 * spread. */
static void constant_differences_are_estimated(void)
{
    enum { TENSORS = 400, LONG = 64 };
    double mean = 0;
    const float zero[LONG] = {0};
    float one[LONG];
    for (int i = 0; i < LONG; i++) one[i] = 1;
    for (uint64_t name = 0; name < TENSORS; name++) {
        hl_sketch_sums a = {0}, b = {0};
        hl_sketch_add(&a, zero, LONG, name, 0);
        hl_sketch_add(&b, one, LONG, name, 0);
        hl_sketch p = hl_sketch_of(&a), q = hl_sketch_of(&b);
        double d = hl_sketch_difference(&p, &q);
        mean += d * d / TENSORS;
    }
    CHECK_NEAR(mean, 1, 0.15);
}

static void what_is_not_finite_is_told(void)
{
    float x[4] = {1, NAN, 3, 4};
    hl_sketch a = sketch(x, 4), b;
    CHECK(isnan(a.norm));
    for (int j = 0; j < HL_PROJECTIONS; j++) CHECK(fabs(a.projection[j]) <= 8);
    x[1] = 2;
    b = sketch(x, 4);
    CHECK(!isnan(b.norm) && isinf(hl_sketch_difference(&a, &b)) && isinf(hl_sketch_difference(&b, &a)));
    CHECK(hl_sketch_difference(&a, &a) == 0);
    const float zero = 0, minus = -0.0f;
    a = sketch(&zero, 1), b = sketch(&minus, 1);
    CHECK(a.digest != b.digest && hl_sketch_difference(&a, &b) == 0);
}

static const test tests[] = {
    {"sums are those of the slow twin", sums_are_those_of_the_slow_twin},
    {"parts make the whole, to the bit", parts_make_the_whole_to_the_bit},
    {"one flipped bit changes the digest", one_flipped_bit_changes_the_digest},
    {"differences are estimated", differences_are_estimated},
    {"constant differences are estimated", constant_differences_are_estimated},
    {"what is not finite is told", what_is_not_finite_is_told},
};
HL_TESTS("sketch", tests)
