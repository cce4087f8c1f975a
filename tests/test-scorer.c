/* test-scorer.c - popularity, chance and a scorer of this file equal a slow double loop over users and items, lists
 * equal those of a whole sort, on any number of ranks. */
#include "mpi/eval/evaluate.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "data/metric.h"
#include "mpi/eval/reference.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int cuts[] = {1, 3, 10, 25};
enum { CUTS = 4, ITEMS_MOST = 400 };

static bool is_in(const int32_t *list, int n, int32_t item)
{
    for (int i = 0; i < n; i++)
        if (list[i] == item) return true;
    return false;
}

/* ---- the slow count */

typedef double slow_score(const hl_corpus *c, int64_t user, int32_t item);

/* How often an item occurs in what all users have but their last two. */
static double popularity(const hl_corpus *c, int64_t user, int32_t item)
{
    int count = 0;
    (void)user;
    for (int64_t u = 0; u < c->users; u++) {
        int n;
        const int32_t *items = c->sequence(c, u, &n);
        for (int i = 0; i + 2 < n; i++) count += items[i] == item;
    }
    return count;
}

static double chance(const hl_corpus *c, int64_t user, int32_t item)
{
    (void)c, (void)user, (void)item;
    return 1;
}

/* Many users and many items have equal ones. */
static double by_number(const hl_corpus *c, int64_t user, int32_t item)
{
    (void)c;
    return (double)((item * 7 + user) % 11);
}

typedef struct {
    int64_t above, equal; /* items that are not left out: of a higher score, of the target's */
    bool repeated;
} place;

/* What is left out of a history: its first item and how many. */
static const int32_t *left_out(const int32_t *history, int *n, const hl_eval_orders *orders)
{
    int kept = orders->mask == HL_MASK_NONE                             ? *n
               : orders->mask == HL_MASK_WINDOW && *n > orders->history ? *n - orders->history
                                                                        : 0;
    *n -= kept;
    return history + kept;
}

static place place_of(const hl_corpus *c, int64_t user, const hl_eval_orders *orders, const double *score)
{
    int n;
    const int32_t *history;
    int32_t target = hl_phase_target(c, user, orders->phase, &history, &n);
    history = left_out(history, &n, orders);
    place p = {.repeated = is_in(history, n, target)};
    for (int32_t item = 1; item < c->items; item++) {
        if (is_in(history, n, item)) continue;
        p.above += score[item] > score[target];
        p.equal += item != target && score[item] == score[target];
    }
    return p;
}

static void compare(const hl_score *got, const hl_score *want)
{
    CHECK(got->users == want->users && got->repeated == want->repeated && got->tied == want->tied
          && got->ties == want->ties);
    for (int k = 0; k < CUTS; k++) CHECK(got->cut[k] == cuts[k]);
    for (hl_ties t = 0; t < HL_TIES; t++) {
        const hl_gains *g = &got->gains[t], *w = &want->gains[t];
        CHECK(g->mrr == w->mrr);
        for (int k = 0; k < CUTS; k++) {
            CHECK(g->recall[k] == w->recall[k]);
            CHECK(g->ndcg[k] == w->ndcg[k]);
            CHECK(g->mrr_at[k] == w->mrr_at[k]);
        }
    }
}

/* ---- slow lists */

typedef struct {
    int32_t item;
    double score;
    uint64_t chance;
} entry;

static int better_first(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->chance > y->chance ? -1 : x->chance < y->chance;
}

/* What the metrics of lists are of times (items) that each item is in a list: shares of the catalogue; half of the
 * relative mean difference; mean over the lists' places of how often the item occurs in training. */
static void compare_lists(const hl_score *got, int k, const hl_corpus *c, const int *times)
{
    double covered = 0, all = 0, differences = 0, popular = 0;
    const double n = (double)c->items - 1;
    for (int32_t i = 1; i < c->items; i++) {
        covered += times[i] > 0;
        all += times[i];
        popular += times[i] * popularity(c, 0, i);
        for (int32_t j = 1; j < c->items; j++) differences += abs(times[i] - times[j]);
    }
    CHECK_NEAR(hl_metric_value(got, HL_TIES_RANDOM, "itemcoverage", cuts[k]), covered / n, 1e-14);
    CHECK_NEAR(hl_metric_value(got, HL_TIES_RANDOM, "giniindex", cuts[k]), differences / (2 * n * all), 1e-12);
    CHECK_NEAR(hl_metric_value(got, HL_TIES_RANDOM, "averagepopularity", cuts[k]), popular / all, 1e-9);
}

static void count_slow_list(int *times, const hl_corpus *c, int64_t user, const hl_eval_orders *orders,
                            slow_score *score)
{
    int n, listed = 0;
    const int32_t *history;
    entry all[ITEMS_MOST];
    hl_phase_target(c, user, orders->phase, &history, &n);
    history = left_out(history, &n, orders);
    for (int32_t item = 1; item < c->items; item++) {
        hl_rng r = hl_rng_at(0, HL_FOR_TIES, (uint64_t)user, (uint32_t)item);
        if (!is_in(history, n, item)) all[listed++] = (entry){item, score(c, user, item), hl_rng_u64(&r)};
    }
    qsort(all, (size_t)listed, sizeof *all, better_first);
    for (int k = 0; k < CUTS; k++)
        for (int i = 0; i < cuts[k] && i < listed; i++) times[k * ITEMS_MOST + all[i].item]++;
}

static void check_lists(const hl_score *got, slow_score *score, const hl_corpus *c, const hl_eval_orders *orders)
{
    int *times = hl_alloc_zero((size_t)CUTS * ITEMS_MOST, sizeof *times);
    for (int64_t u = 0; u < c->users; u++) count_slow_list(times, c, u, orders, score);
    for (int k = 0; k < CUTS; k++) compare_lists(got, k, c, times + k * ITEMS_MOST);
    free(times);
}

/* ---- scorers of this file */

/* All that a scorer needs. */
static int64_t first_user; /* of the round */

static void note_round(hl_scorer *s, hl_round *r)
{
    (void)s;
    first_user = r->first;
}

static double score_number(const hl_scorer *s, int user, int item)
{
    return by_number(s->corpus, first_user + user, item);
}

static const hl_scorer_kind simple = {
    .name = "by number", .act = "ranking users by number", .find_users = note_round, .score = score_number};

/* The same where ranks share the columns: rank r of p has the items r, r + p, ... */
static int column(const hl_scorer *s, int32_t item)
{
    return item % s->group->size == s->group->rank ? item / s->group->size : -1;
}

static double score_column(const hl_scorer *s, int user, int at)
{
    return score_number(s, user, at * s->group->size + s->group->rank);
}

static void count_columns(hl_scorer *s, const hl_counts *c, const hl_round *r)
{
    for (int i = r->begin; i < r->end; i++)
        for (int32_t item = 1; item < s->corpus->items; item++)
            if (column(s, item) >= 0) hl_counts_add(c, i, score_column(s, i, column(s, item)), 1);
}

static const hl_scorer_kind shared = {.name = "by number, shared",
                                      .act = "ranking users by number",
                                      .find_users = note_round,
                                      .column = column,
                                      .score = score_column,
                                      .count = count_columns};

/* Users 3, 4, ... have no scores. */
static double score_nothing(const hl_scorer *s, int user, int item)
{
    return first_user + user < 3 ? score_number(s, user, item) : NAN;
}

static const hl_scorer_kind astray = {
    .name = "astray", .act = "ranking users", .find_users = note_round, .score = score_nothing};

/* ---- the comparison */

static hl_status evaluate(hl_score *score, const hl_scorer_kind *kind, const hl_corpus *c, const hl_eval_orders *orders)
{
    hl_scorer s;
    hl_scorer_open(&s, kind, check_world(), c);
    const hl_status status = hl_evaluate(score, &s, orders);
    hl_scorer_close(&s);
    return status;
}

static void check_kind(const hl_scorer_kind *kind, slow_score *score, const hl_corpus *c, const hl_eval_orders *orders)
{
    hl_score want = hl_score_at(cuts, CUTS), got;
    double scores[ITEMS_MOST];
    for (int64_t u = 0; u < c->users; u++) {
        for (int32_t item = 1; item < c->items; item++) scores[item] = score(c, u, item);
        const place p = place_of(c, u, orders, scores);
        hl_score_add(&want, p.repeated ? 0 : 1 + p.above, p.repeated ? 0 : p.equal);
    }
    CHECK_OK(evaluate(&got, kind, c, orders));
    compare(&got, &want);
    if (orders->lists) check_lists(&got, score, c, orders);
}

static void check_orders(const hl_corpus *c, const hl_eval_orders *orders)
{
    check_kind(&hl_reference_popularity, popularity, c, orders);
    check_kind(&hl_reference_chance, chance, c, orders);
    check_kind(&simple, by_number, c, orders);
    check_kind(&shared, by_number, c, orders);
}

static void check_corpus(int64_t items, int64_t users, int longest, uint64_t seed)
{
    toy t;
    toy_open(&t, items, 3, seed);
    toy_draw_users(&t, users, longest, seed);
    for (hl_phase phase = HL_VALID; phase <= HL_TEST; phase++)
        for (hl_mask mask = HL_MASK_ALL; mask <= HL_MASK_NONE; mask++) {
            hl_eval_orders orders = {.phase = phase,
                                     .history = 3,
                                     .mask = mask,
                                     .users = phase == HL_VALID ? 7 : 1000,
                                     .cuts = CUTS,
                                     .lists = longest < 20};
            memcpy(orders.cut, cuts, sizeof cuts);
            check_orders(&t.corpus, &orders);
        }
    toy_close(&t);
}

static void scorers_equal_a_slow_count(void)
{
    check_corpus(40, 100, 12, 1);
    check_corpus(ITEMS_MOST, 50, 30, 2); /* many items that nobody has */
}

static void fewer_users_than_ranks_are_legal(void)
{
    check_corpus(20, 1, 9, 3);
    check_corpus(20, 2, 9, 4);
}

static void histories_may_repeat_or_cover_the_catalogue(void)
{
    check_corpus(3, 30, 9, 5);
    check_corpus(6, 60, 12, 6);
}

static void the_first_score_that_is_not_finite_is_named(void)
{
    toy t;
    hl_score score;
    char words[80];
    int n;
    const int32_t *history;
    const hl_eval_orders orders = {.phase = HL_TEST, .users = 10, .cuts = 1, .cut = {5}};
    toy_open(&t, 40, 3, 7);
    toy_draw_users(&t, 20, 12, 7);
    snprintf(words, sizeof words, "the score of item number %d for user number 3 is nan",
             hl_phase_target(&t.corpus, 3, HL_TEST, &history, &n));
    CHECK_FAILS(evaluate(&score, &astray, &t.corpus, &orders), HL_ENUMERIC, words);
    toy_close(&t);
}

static const test tests[] = {
    {"popularity, chance and scorers of this file equal a slow count", scorers_equal_a_slow_count},
    {"fewer users than ranks are legal", fewer_users_than_ranks_are_legal},
    {"histories may repeat items or cover the catalogue", histories_may_repeat_or_cover_the_catalogue},
    {"the first score that is not finite is named", the_first_score_that_is_not_finite_is_named},
};
HL_TESTS("scorer", tests)
