/* test-rng.c - random numbers are the published ones, and each stream has its own. */
#include "base/rng.h"
#include "base/arena.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

/* Random123's known answers (tests/kat_vectors, "philox4x32 10"): counter, key, output. */
static void philox_is_the_published_function(void)
{
    static const uint32_t answer[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
         0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        hl_philox(out, answer[i], answer[i] + 4);
        CHECK(memcmp(out, answer[i] + 6, sizeof out) == 0);
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int repeated(uint64_t *x, int n)
{
    int count = 0;
    qsort(x, (size_t)n, sizeof *x, by_value);
    for (int i = 1; i < n; i++) count += x[i] == x[i - 1];
    return count;
}

/* Each stream differs from the first in one part of its name, and in one half of the long parts. */
static void every_part_of_a_name_counts(void)
{
    static const struct {
        uint64_t seed;
        hl_purpose purpose;
        uint64_t a;
        uint32_t b;
    } name[] = {
        {1, HL_FOR_TESTS, 0, 0}, {2, HL_FOR_TESTS, 0, 0}, {1 | UINT64_C(1) << 32, HL_FOR_TESTS, 0, 0},
        {1, HL_FOR_SYNTH, 0, 0}, {1, HL_FOR_TESTS, 1, 0}, {1, HL_FOR_TESTS, UINT64_C(1) << 32, 0},
        {1, HL_FOR_TESTS, 0, 1}, {1, HL_FOR_TESTS, 1, 1},
    };
    enum { STREAMS = sizeof name / sizeof name[0], DRAWS = 200 };
    uint64_t drawn[STREAMS * DRAWS];
    for (int i = 0; i < STREAMS; i++) {
        hl_rng r = hl_rng_at(name[i].seed, name[i].purpose, name[i].a, name[i].b);
        for (int k = 0; k < DRAWS; k++) drawn[i * DRAWS + k] = hl_rng_u64(&r);
    }
    CHECK(repeated(drawn, STREAMS * DRAWS) == 0);
}

static void a_stream_can_be_drawn_again(void)
{
    hl_rng one = hl_rng_at(7, HL_FOR_TESTS, 3, 2), two = hl_rng_at(7, HL_FOR_TESTS, 3, 2);
    for (int i = 0; i < 100; i++) {
        uint64_t low = hl_rng_u32(&one), high = hl_rng_u32(&one);
        CHECK(hl_rng_u64(&two) == (low | high << 32));
    }
}

/* A block is four 32-bit numbers, and a normal number takes one. */
static void a_stream_can_begin_at_any_block(void)
{
    hl_rng start = hl_rng_at(7, HL_FOR_TESTS, 3, 2), one = start, normal = start;
    for (uint32_t n = 0; n < 20; n++) {
        hl_rng there = hl_rng_from(start, n), again = there;
        for (int k = 0; k < 4; k++) CHECK(hl_rng_u32(&there) == hl_rng_u32(&one));
        CHECK(hl_rng_normal(&again) == hl_rng_normal(&normal));
    }
}

/* counts (n) of draws that fall evenly: five standard deviations about the mean. */
static void check_even(const int *count, int n, int draws)
{
    double mean = (double)draws / n, deviation = sqrt(mean * (1 - 1.0 / n));
    for (int i = 0; i < n; i++) CHECK_NEAR(count[i], mean, 5 * deviation);
}

static void below_favours_nobody(void)
{
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    int count[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint64_t x = hl_rng_below(&r, 7);
        CHECK(x < 7);
        if (x < 7) count[x]++;
    }
    check_even(count, 7, 70000);
    for (int i = 0; i < 10; i++) CHECK(hl_rng_below(&r, 1) == 0);
}

/* 2^64 is not a multiple of 3 * 2^62: a mere remainder would fall into the first third half of the time. */
static void below_favours_nobody_in_a_long_range(void)
{
    hl_rng r = hl_rng_at(2, HL_FOR_TESTS, 0, 0);
    int count[3] = {0};
    for (int i = 0; i < 30000; i++) {
        uint64_t x = hl_rng_below(&r, UINT64_C(3) << 62) >> 62;
        CHECK(x < 3);
        if (x < 3) count[x]++;
    }
    check_even(count, 3, 30000);
}

static void moments_are_those_of_the_distribution(void)
{
    enum { N = 200000 };
    hl_rng r = hl_rng_at(3, HL_FOR_TESTS, 0, 0);
    double u = 0, uu = 0, z = 0, zz = 0, zzz = 0, zzzz = 0;
    for (int i = 0; i < N; i++) {
        double x = hl_rng_uniform(&r), y = hl_rng_normal(&r);
        CHECK(x >= 0 && x < 1);
        u += x / N, uu += x * x / N;
        z += y / N, zz += y * y / N, zzz += y * y * y / N, zzzz += y * y * y * y / N;
    }
    CHECK_NEAR(u, 0.5, 5 * sqrt(1.0 / 12 / N));
    CHECK_NEAR(uu, 1.0 / 3, 5 * sqrt(4.0 / 45 / N));
    CHECK_NEAR(z, 0, 5 * sqrt(1.0 / N));
    CHECK_NEAR(zz, 1, 5 * sqrt(2.0 / N));
    CHECK_NEAR(zzz, 0, 5 * sqrt(15.0 / N));
    CHECK_NEAR(zzzz, 3, 5 * sqrt(96.0 / N));
}

/* Does every place of [0, n) occur once? */
static bool is_order(uint64_t seed, uint64_t a, uint64_t n)
{
    bool *taken = hl_alloc_zero(n, sizeof *taken), once = true;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = hl_permute(seed, HL_FOR_TESTS, a, n, i);
        once = once && at < n && !taken[at];
        if (at < n) taken[at] = true;
    }
    free(taken);
    return once;
}

static void an_order_has_every_place_once(void)
{
    for (uint64_t n = 1; n <= 300; n++) CHECK(is_order(n, 5, n));
    CHECK(is_order(1, 0, 65536) && is_order(1, 0, 65537) && is_order(2, UINT64_C(1) << 40, 100003));
}

static void a_long_order_has_no_place_twice(void)
{
    static const uint64_t length[] = {(UINT64_C(1) << 32) + 1, UINT64_C(1) << 40, UINT64_C(1) << 63, UINT64_MAX};
    enum { SAMPLES = 5000 };
    uint64_t at[SAMPLES];
    for (int k = 0; k < 4; k++) {
        for (uint64_t i = 0; i < SAMPLES; i++) {
            at[i] = hl_permute(1, HL_FOR_TESTS, 0, length[k], i % 2 ? i : length[k] - 1 - i);
            CHECK(at[i] < length[k]);
        }
        CHECK(repeated(at, SAMPLES) == 0);
    }
}

/* Two orders of a thousand agree in one place, on average; so do an order and none. */
static void orders_of_other_names_are_other_orders(void)
{
    enum { N = 1000 };
    int same[5] = {0};
    for (uint64_t i = 0; i < N; i++) {
        uint64_t at = hl_permute(1, HL_FOR_TESTS, 0, N, i);
        same[0] += at == i;
        same[1] += at == hl_permute(2, HL_FOR_TESTS, 0, N, i);
        same[2] += at == hl_permute(1, HL_FOR_ORDER, 0, N, i);
        same[3] += at == hl_permute(1, HL_FOR_TESTS, 1, N, i);
        same[4] += at == hl_permute(1, HL_FOR_TESTS, UINT64_C(1) << 32, N, i);
    }
    for (int k = 0; k < 5; k++) CHECK(same[k] <= 8);
}

/* All 24 orders of four things come equally often. */
static void no_order_is_favoured(void)
{
    enum { DRAWS = 24000 };
    int count[256] = {0}, seen[24] = {0}, orders = 0;
    for (uint64_t a = 0; a < DRAWS; a++) {
        int code = 0;
        for (uint64_t i = 0; i < 4; i++) code = 4 * code + (int)hl_permute(9, HL_FOR_TESTS, a, 4, i);
        count[code]++;
    }
    for (int code = 0; code < 256; code++)
        if (count[code] && orders < 24) seen[orders++] = count[code];
    CHECK(orders == 24);
    check_even(seen, 24, DRAWS);
}

static const test tests[] = {
    {"Philox gives the published numbers", philox_is_the_published_function},
    {"every part of a stream's name counts", every_part_of_a_name_counts},
    {"a stream can be drawn again", a_stream_can_be_drawn_again},
    {"a stream can begin at any block", a_stream_can_begin_at_any_block},
    {"below favours nobody", below_favours_nobody},
    {"below favours nobody in a long range", below_favours_nobody_in_a_long_range},
    {"uniform and normal numbers have their moments", moments_are_those_of_the_distribution},
    {"an order has every place once", an_order_has_every_place_once},
    {"a long order has no place twice", a_long_order_has_no_place_twice},
    {"orders of other names are other orders", orders_of_other_names_are_other_orders},
    {"no order is favoured", no_order_is_favoured},
};
HL_TESTS("rng", tests)
