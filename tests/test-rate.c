/* test-rate.c - the learning rate rises and falls as in the public code. */
#include "step/rate.h"
#include "tests/check.h"

static const double PI = 3.14159265358979323846;

/* The public log shows the rate set for the step after every 20th, beside a count that is already 20 ahead: at
 * "8820" that of step 8801. */
static void rates_are_those_of_public_logs(void)
{
    const hl_rate books = {HL_RATE_COSINE, 1e-4, 0.1, 5 * 18971}, other = {HL_RATE_COSINE, 1e-4, 0.1, 5 * 13429};
    CHECK_NEAR(hl_rate_at(&books, 8820 - 20 + 1), 0.0000928, 0.5e-7);
    CHECK_NEAR(hl_rate_at(&other, 4560 - 20 + 1), 0.0000676, 0.5e-7);
}

/* A tenth of 1005 steps is a warm-up of 100.5. */
static void warm_up_is_linear_and_not_rounded(void)
{
    for (hl_rate_kind kind = HL_RATE_LINEAR; kind <= HL_RATE_COSINE; kind++) {
        const hl_rate r = {kind, 2, 0.1, 1005};
        CHECK(hl_rate_at(&r, 0) == 0);
        for (int t = 1; t <= 100; t++) CHECK_NEAR(hl_rate_at(&r, t), 2 * t / 100.5, 1e-12);
        CHECK(hl_rate_at(&r, 101) < 2 && hl_rate_at(&r, 101) > hl_rate_at(&r, 102));
    }
}

static void cosine_and_linear_fall_to_zero(void)
{
    const hl_rate cosine = {HL_RATE_COSINE, 3, 0.25, 400}, linear = {HL_RATE_LINEAR, 3, 0.25, 400};
    CHECK(hl_rate_at(&cosine, 100) == 3 && hl_rate_at(&linear, 100) == 3);
    for (int t = 100; t <= 400; t++) {
        CHECK_NEAR(hl_rate_at(&cosine, t), 1.5 * (1 + cos(PI * (t - 100) / 300)), 1e-12);
        CHECK_NEAR(hl_rate_at(&linear, t), (400 - t) / 100.0, 1e-12);
    }
    CHECK_NEAR(hl_rate_at(&cosine, 250), 1.5, 1e-12);
    CHECK(hl_rate_at(&cosine, 500) == 0 && hl_rate_at(&linear, 500) == 0); /* and stay there */
}

static void constant_is_constant(void)
{
    const hl_rate r = {HL_RATE_CONSTANT, 0.5, 0.1, 100};
    for (int t = 0; t <= 120; t += 10) CHECK(hl_rate_at(&r, t) == 0.5);
}

static void odd_lengths_are_legal(void)
{
    const hl_rate no_warmup = {HL_RATE_COSINE, 1, 0, 10}, only_warmup = {HL_RATE_LINEAR, 1, 1, 10},
                  one_step = {HL_RATE_COSINE, 1, 0.1, 1};
    CHECK(hl_rate_at(&no_warmup, 0) == 1);
    for (int t = 0; t < 10; t++) CHECK_NEAR(hl_rate_at(&only_warmup, t), t / 10.0, 1e-12);
    CHECK(hl_rate_at(&one_step, 0) == 0 && isfinite(hl_rate_at(&one_step, 1)));
}

static const test tests[] = {
    {"rates are those of public logs", rates_are_those_of_public_logs},
    {"warm-up is linear from zero and not rounded", warm_up_is_linear_and_not_rounded},
    {"cosine and linear fall to zero", cosine_and_linear_fall_to_zero},
    {"constant is constant from the first step", constant_is_constant},
    {"odd lengths are legal", odd_lengths_are_legal},
};
HL_TESTS("rate", tests)
