/* test-minmax.c - the smaller and the larger of two numbers, of any type, and the one in the middle of many. */
#include "base/minmax.h"
#include "base/sorted.h"
#include "tests/check.h"
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

static void they_are_right_at_the_ends_of_each_type(void)
{
    CHECK(hl_min(INT_MIN, INT_MAX) == INT_MIN && hl_max(INT_MIN, INT_MAX) == INT_MAX);
    CHECK(hl_min(0u, UINT_MAX) == 0u && hl_max(0u, UINT_MAX) == UINT_MAX);
    CHECK(hl_min(INT64_MIN, INT64_MAX) == INT64_MIN && hl_max(INT64_MIN, INT64_MAX) == INT64_MAX);
    CHECK(hl_min((size_t)0, SIZE_MAX) == 0 && hl_max((size_t)0, SIZE_MAX) == SIZE_MAX);
    CHECK(hl_min(LLONG_MIN, LLONG_MAX) == LLONG_MIN && hl_max(0ull, ULLONG_MAX) == ULLONG_MAX);
    CHECK(hl_min(-INFINITY, INFINITY) == -INFINITY && hl_max((double)-INFINITY, (double)INFINITY) == (double)INFINITY);
}

/* 2^53 + 1 is no double. */
static void whole_numbers_are_not_rounded(void)
{
    const int64_t large = (INT64_C(1) << 53) + 1;
    CHECK(hl_max(large, large - 1) == large && hl_min(large, large + 1) == large);
    CHECK(hl_max(0, large) == large);
}

static int calls;
static int next(void) { return ++calls; }

static void each_is_evaluated_once(void)
{
    calls = 0;
    CHECK(hl_max(next(), 0) == 1 && hl_min(next(), 9) == 2 && calls == 2);
}

static void where_one_is_not_a_number_they_are_the_second(void)
{
    CHECK(hl_min(NAN, 1.0f) == 1.0f && hl_max(NAN, 1.0f) == 1.0f);
    CHECK(isnan(hl_min(1.0f, NAN)) && isnan(hl_max(1.0f, NAN)));
}

static void half_of_the_numbers_are_below_the_median(void)
{
    double odd[] = {9, -1, 5}, even[] = {9, 1, 5, 2}, equal[] = {3, 3, 1, 3};
    CHECK(hl_sorted_median(odd, 3) == 5 && odd[0] == -1 && odd[2] == 9);
    CHECK(hl_sorted_median(even, 4) == 3.5 && hl_sorted_median(equal, 4) == 3 && hl_sorted_median(odd, 1) == -1);
}

static const test tests[] = {
    {"they are right at the ends of each type", they_are_right_at_the_ends_of_each_type},
    {"whole numbers are not rounded", whole_numbers_are_not_rounded},
    {"each is evaluated once", each_is_evaluated_once},
    {"where one is not a number they are the second", where_one_is_not_a_number_they_are_the_second},
    {"half of the numbers are below the median", half_of_the_numbers_are_below_the_median},
};
HL_TESTS("minmax", tests)
