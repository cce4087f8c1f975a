/* test-groups.c - groups of users hold each of them once, equal ones together. */
#include "data/groups.h"
#include "base/minmax.h"
#include "base/rng.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>

enum { MOST = 500 };

static int count_in(const hl_groups *g, int k, const int64_t *value, int n)
{
    int in = 0;
    for (int i = 0; i < n; i++) in += hl_groups_find(g, value[i]) == k;
    return in;
}

static void check_groups(const int64_t *value, int n, int groups)
{
    hl_groups g;
    int all = 0;
    hl_groups_by_quantiles(&g, value, n, groups);
    CHECK(g.n >= 1 && g.n <= hl_min(groups, n));
    for (int k = 0; k < g.n; k++) {
        const int in = count_in(&g, k, value, n);
        CHECK(in > 0 && g.from[k] <= g.to[k] && (k == 0 || g.from[k] > g.to[k - 1]));
        all += in;
    }
    CHECK(all == n);
}

static void each_user_is_in_one_group(void)
{
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    for (int round = 0; round < 200; round++) {
        int64_t value[MOST];
        const int n = toy_between(&r, 1, MOST), different = toy_between(&r, 1, 2 * n);
        for (int i = 0; i < n; i++) value[i] = (int64_t)hl_rng_below(&r, (uint64_t)different);
        check_groups(value, n, toy_between(&r, 1, HL_GROUPS_MOST));
    }
}

static void groups_of_different_values_are_equally_large(void)
{
    int64_t value[MOST];
    hl_groups g;
    for (int i = 0; i < MOST; i++) value[i] = (i * 387) % MOST;
    hl_groups_by_quantiles(&g, value, MOST, 7);
    CHECK(g.n == 7 && g.from[0] == 0 && g.to[6] == MOST - 1);
    for (int k = 0; k < 7; k++) CHECK(abs(count_in(&g, k, value, MOST) - MOST / 7) <= 1);
}

static void edges_begin_groups(void)
{
    static const int edges[] = {5, 20}, from_none[] = {0, 3};
    hl_groups g;
    hl_groups_by_edges(&g, edges, 2, 100);
    CHECK(g.n == 3 && g.from[0] == 0 && g.to[0] == 4 && g.from[1] == 5 && g.to[1] == 19 && g.from[2] == 20
          && g.to[2] == 100);
    CHECK(hl_groups_find(&g, 4) == 0 && hl_groups_find(&g, 5) == 1 && hl_groups_find(&g, 100) == 2);
    hl_groups_by_edges(&g, edges, 2, 7);
    CHECK(g.n == 2 && g.to[1] == 19 && hl_groups_find(&g, 30) == -1);
    hl_groups_by_edges(&g, from_none, 2, 9);
    CHECK(g.n == 2 && g.from[0] == 0 && g.to[0] == 2);
}

static void users_are_told_apart_by_target_and_history(void)
{
    static const int32_t item[] = {7, 5, 9, 5, 2};
    int64_t met[10];
    toy t;
    hl_targets targets;
    toy_open(&t, 10, 3, 1);
    toy_take_users(&t, 1, (int64_t[]){0, 5}, item);
    for (int i = 0; i < 10; i++) met[i] = 100 + i;
    hl_targets_open(&targets, &t.corpus, HL_TEST);
    CHECK(hl_grouping_find("popularity")->value(&targets, 0, met) == 102);
    CHECK(hl_grouping_find("length")->value(&targets, 0, met) == 4);
    CHECK(hl_grouping_find("colour") == NULL);
    hl_targets_close(&targets);
    toy_close(&t);
}

static const test tests[] = {
    {"each user is in one group", each_user_is_in_one_group},
    {"groups of different values are equally large", groups_of_different_values_are_equally_large},
    {"edges begin groups", edges_begin_groups},
    {"users are told apart by target and history", users_are_told_apart_by_target_and_history},
};
HL_TESTS("groups", tests)
