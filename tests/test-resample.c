/* test-resample.c - intervals and p-values are those of numpy, scipy and of all cases one by one
 * (tests/data/make-statistics.py). */
#include "data/resample.h"
#include "base/alloc.h"
#include "data/corrections.h"
#include "tests/check.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *wanted;

static const json_t *want(const char *key)
{
    if (!wanted) wanted = json_load_file(check_data("statistics.json"), 0, NULL);
    return json_object_get(wanted, key);
}

/* The numbers of a list, or of a list of lists one after the other; release with free. */
static double *numbers(const json_t *list, int *n)
{
    const json_t *first = json_array_get(list, 0);
    const int rows = (int)json_array_size(list), columns = json_is_array(first) ? (int)json_array_size(first) : 1;
    double *x = hl_alloc((size_t)(rows * columns + 1) * sizeof *x);
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < columns; k++) {
            const json_t *row = json_array_get(list, (size_t)i);
            x[i * columns + k] = json_number_value(json_is_array(row) ? json_array_get(row, (size_t)k) : row);
        }
    *n = rows;
    return x;
}

static uint64_t seed(void) { return (uint64_t)json_integer_value(want("seed")); }

enum { S = 3 };

static void resamples_draw_the_users_that_they_are_named_for(void)
{
    int users, n;
    double *x = numbers(want("x"), &users), *means = numbers(want("means"), &n),
           *got = hl_alloc_zero(60 * S, sizeof *got);
    CHECK(users == 70 && n == 50);
    hl_resample_means(got, x, users, S, seed(), 0, n);
    for (int i = 0; i < n * S; i++) CHECK_NEAR(got[i], means[i], 1e-14);
    hl_resample_means(got, x, users, S, seed(), 20, 10);
    for (int i = 0; i < 10 * S; i++) CHECK_NEAR(got[i], means[20 * S + i], 1e-14);
    free(x);
    free(means);
    free(got);
}

static void resamples_have_the_distribution_of_all_that_there_are(void)
{
    enum { N = 20000 };
    int users, points, same;
    double *six = numbers(want("six"), &users), *at = numbers(want("points"), &points),
           *below = numbers(want("below"), &same), *means = hl_alloc(N * sizeof *means);
    CHECK(users == 6 && points == same && points > 3);
    hl_resample_means(means, six, users, 1, 7, 0, N);
    for (int i = 0; i < points; i++) {
        double share = 0;
        for (int b = 0; b < N; b++) share += means[b] < at[i] - 1e-12;
        CHECK_NEAR(share / N, below[i], 4 * sqrt(below[i] * (1 - below[i]) / N));
    }
    free(six);
    free(at);
    free(below);
    free(means);
}

static void intervals_leave_out_as_many_at_both_ends(void)
{
    double x[1000];
    for (int i = 0; i < 1000; i++) x[i] = (i * 617) % 1000;
    const hl_interval v = hl_resample_interval(x, 1000);
    CHECK(v.low == 25 && v.high == 974);
}

static void flips_are_counted(void)
{
    int users, n;
    double *d = numbers(want("d"), &users), *extreme = numbers(want("extreme"), &n);
    int64_t got[S] = {0};
    hl_resample_flips(got, d, users, S, seed(), 0, 30);
    hl_resample_flips(got, d, users, S, seed(), 30, 20);
    for (int s = 0; s < S; s++) CHECK((double)got[s] == extreme[s]);
    CHECK_NEAR(hl_resample_p(0, 999), 0.001, 1e-15);
    CHECK_NEAR(hl_resample_p(999, 999), 1, 0);
    free(d);
    free(extreme);
}

static void p_values_of_few_are_exact_and_flips_come_to_them(void)
{
    enum { FLIPS = 20000 };
    const json_t *cases = want("exact"), *one;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)cases, i, one)
    {
        int n;
        int64_t extreme = 0;
        double *d = numbers(json_object_get(one, "d"), &n);
        const double p = json_number_value(json_object_get(one, "p"));
        CHECK_NEAR(hl_resample_exact_p(d, n, 1, 0), p, 1e-12);
        hl_resample_flips(&extreme, d, n, 1, 3, 0, FLIPS);
        CHECK_NEAR((double)extreme / FLIPS, p, 4 * sqrt(p * (1 - p) / FLIPS));
        free(d);
    }
    CHECK(i == 3);
}

static void no_difference_is_no_evidence(void)
{
    const double none[40] = {0}, even[] = {0.1, 0.2, -0.3},
                 many[17] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    int64_t extreme = 0;
    CHECK(hl_resample_exact_p(none, 40, 1, 0) == 1);
    CHECK(hl_resample_exact_p(even, 3, 1, 0) == 1); /* 0.1 + 0.2 - 0.3 is not 0 */
    CHECK(hl_resample_exact_p(many, 17, 1, 0) < 0 && hl_resample_exact_p(many, 16, 1, 0) == ldexp(2, -16));
    hl_resample_flips(&extreme, none, 40, 1, 1, 0, 100);
    CHECK(extreme == 100);
}

static void corrections_are_those_of_the_books(void)
{
    int n, same;
    double *p = numbers(want("p"), &n), *holm = numbers(want("holm"), &same),
           *bh = numbers(want("benjamini_hochberg"), &same), got[20];
    CHECK(n == 8 && same == n);
    hl_correct_holm(got, p, n);
    for (int i = 0; i < n; i++) CHECK_NEAR(got[i], holm[i], 1e-15);
    hl_correct_benjamini_hochberg(got, p, n);
    for (int i = 0; i < n; i++) CHECK_NEAR(got[i], bh[i], 1e-15);
    free(p);
    free(holm);
    free(bh);
}

static const test tests[] = {
    {"resamples draw the users that they are named for", resamples_draw_the_users_that_they_are_named_for},
    {"resamples have the distribution of all that there are", resamples_have_the_distribution_of_all_that_there_are},
    {"intervals leave out as many at both ends", intervals_leave_out_as_many_at_both_ends},
    {"flips are counted", flips_are_counted},
    {"p-values of few are exact, and flips come to them", p_values_of_few_are_exact_and_flips_come_to_them},
    {"no difference is no evidence", no_difference_is_no_evidence},
    {"corrections are those of the books", corrections_are_those_of_the_books},
};
HL_TESTS("resample", tests)
