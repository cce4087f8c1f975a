/* test-part.c - things are divided completely, evenly and in order. */
#include "base/part.h"
#include "tests/check.h"
#include <math.h>

enum { MOST_OWNERS = 9 };

static void every_thing_has_one_owner(void)
{
    for (int p = 1; p <= MOST_OWNERS; p++) {
        for (int64_t n = 0; n <= 40; n++) {
            CHECK(hl_part_begin(n, p, 0) == 0 && hl_part_begin(n, p, p) == n);
            for (int64_t i = 0; i < n; i++) {
                int r = hl_part_owner(n, p, i);
                CHECK(r >= 0 && r < p);
                CHECK(hl_part_begin(n, p, r) <= i && i < hl_part_begin(n, p, r + 1));
            }
        }
    }
}

static void shares_differ_by_at_most_one(void)
{
    for (int p = 1; p <= MOST_OWNERS; p++) {
        for (int64_t n = 0; n <= 40; n++) {
            for (int r = 0; r < p; r++) {
                int64_t count = hl_part_count(n, p, r);
                CHECK(count == n / p || count == n / p + 1);
                CHECK(r == 0 || count <= hl_part_count(n, p, r - 1));
            }
        }
    }
}

static void numbers_beyond_32_bits_divide_too(void)
{
    int64_t n = INT64_C(1) << 40;
    CHECK(hl_part_begin(n, 3, 3) == n);
    CHECK(hl_part_owner(n, 3, n - 1) == 2);
    CHECK(hl_part_count(n, 3, 0) == n / 3 + 1);
}

static void the_costliest_goes_to_whoever_has_least(void)
{
    const double cost[] = {1, 5, 3, 3, 2};
    const int want[] = {1, 0, 1, 1, 0}; /* 5 to 0; 3 and 3 to 1; 2 to 0; 1 to 1, as 0 has 7 and 1 has 6 */
    int owner[5];
    hl_arena scratch = hl_arena_growing("test");
    hl_part_by_cost(owner, cost, 5, 2, &scratch);
    hl_arena_free(&scratch);
    for (int i = 0; i < 5; i++) CHECK(owner[i] == want[i]);
}

static void equal_costs_go_round_in_order(void)
{
    const double cost[] = {2, 2, 2, 2, 2, 2, 2};
    int owner[7];
    hl_arena scratch = hl_arena_growing("test");
    hl_part_by_cost(owner, cost, 7, 3, &scratch);
    hl_arena_free(&scratch);
    for (int i = 0; i < 7; i++) CHECK(owner[i] == i % 3);
}

/* Costs that fall, of which many are equal, one after the other to whoever has least, by looking at all owners. */
static void many_owners_get_what_a_slow_search_gives(void)
{
    enum { THINGS = 300, OWNERS = 40 };
    hl_arena scratch = hl_arena_growing("test");
    for (int p = 1; p <= OWNERS; p++) {
        double cost[THINGS], load[OWNERS], slow[OWNERS];
        int owner[THINGS];
        for (int i = 0; i < THINGS; i++) cost[i] = 1 + (THINGS - i) / 7;
        for (int r = 0; r < p; r++) load[r] = slow[r] = (r * 11 + p) % 5;
        hl_part_by_cost_after(owner, load, cost, THINGS, p, &scratch);
        for (int i = 0; i < THINGS; i++) {
            int least = 0;
            for (int r = 1; r < p; r++)
                if (slow[r] < slow[least]) least = r;
            CHECK(owner[i] == least);
            slow[least] += cost[i];
        }
        for (int r = 0; r < p; r++) CHECK(load[r] == slow[r]);
    }
    hl_arena_free(&scratch);
}

/* The least limit by brute force over all cuts. */
static double best_cut(const double *cost, int n, int p)
{
    double best = INFINITY, first = 0;
    if (p == 1) {
        for (int i = 0; i < n; i++) first += cost[i];
        return first;
    }
    for (int i = 0; i < n - p + 1; i++) {
        first += cost[i];
        best = fmin(best, fmax(first, best_cut(cost + i + 1, n - i - 1, p - 1)));
    }
    return best;
}

static void runs_are_as_even_as_can_be(void)
{
    for (int trial = 0; trial < 200; trial++) {
        double cost[9], most = 0;
        int begin[10], n = 1 + trial % 9, p = 1 + trial / 9 % n;
        for (int i = 0; i < n; i++) cost[i] = 1 + (trial * 7 + i * i * 5) % 11;
        hl_part_run(begin, cost, n, p);
        CHECK(begin[0] == 0 && begin[p] == n);
        for (int r = 0; r < p; r++) {
            double sum = 0;
            CHECK(begin[r + 1] > begin[r]);
            for (int i = begin[r]; i < begin[r + 1]; i++) sum += cost[i];
            most = fmax(most, sum);
        }
        CHECK(most == best_cut(cost, n, p));
    }
}

static void who_has_something_to_do_gets_less(void)
{
    const double cost[] = {1, 1, 1, 1};
    double load[] = {2.5, 0};
    int owner[4], to_first = 0;
    hl_arena scratch = hl_arena_growing("test");
    hl_part_by_cost_after(owner, load, cost, 4, 2, &scratch);
    hl_arena_free(&scratch);
    for (int i = 0; i < 4; i++) to_first += owner[i] == 0;
    CHECK(to_first == 1 && load[0] == 3.5 && load[1] == 3);
}

static const test tests[] = {
    {"every thing has one owner", every_thing_has_one_owner},
    {"shares differ by at most one, larger ones first", shares_differ_by_at_most_one},
    {"numbers beyond 32 bits divide too", numbers_beyond_32_bits_divide_too},
    {"the costliest goes to whoever has least", the_costliest_goes_to_whoever_has_least},
    {"equal costs go round in order", equal_costs_go_round_in_order},
    {"many owners get what a slow search gives", many_owners_get_what_a_slow_search_gives},
    {"who has something to do gets less", who_has_something_to_do_gets_less},
    {"runs are as even as can be", runs_are_as_even_as_can_be},
};
HL_TESTS("part", tests)
