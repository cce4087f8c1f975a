/* test-ease.c - EASE over any ranks is that of the twin: counts, weights, ranks. */
#include "mpi/eval/ease.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/ref-ease.h"
#include "tests/toy.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef void on_ease(hl_ease *e, int n);

/* act(EASE of made-up users): few items and many users; more items than users; more items than a block has. */
static void on_each_corpus(on_ease *act)
{
    static const struct {
        int items, users, most;
    } sizes[] = {{2, 4, 5}, {12, 60, 9}, {40, 25, 12}, {200, 150, 20}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        toy t;
        hl_ease e;
        toy_open(&t, sizes[i].items, 3, 1 + i);
        toy_draw_users(&t, sizes[i].users, sizes[i].most, 7 + i);
        CHECK_OK(hl_ease_fits(check_world(), &t.corpus));
        hl_ease_open(&e, check_world(), &t.corpus);
        act(&e, sizes[i].items - 1);
        hl_ease_close(&e);
        toy_close(&t);
    }
}

/* Row k of column j is item j's weight for item k.  Infinite where a number is none. */
static double furthest_from(const hl_ease *e, const double *want)
{
    double most = 0;
    for (int j = 0; j < e->b.columns; j++)
        for (int k = 0; k < e->b.rows; k++) {
            double got = e->b.x[(size_t)k + (size_t)j * (size_t)e->b.rows],
                   its = want[hl_axis_global(&e->b.column, j) * e->b.row.n + hl_axis_global(&e->b.row, k)];
            most = isnan(got) ? INFINITY : fmax(most, fabs(got - its));
        }
    return most;
}

static void compare_counts(hl_ease *e, int n)
{
    double *want = hl_alloc((size_t)(n * n) * sizeof *want), total = 0;
    ref_gram(want, e->corpus);
    hl_ease_count(e);
    CHECK(furthest_from(e, want) == 0);
    hl_ease_count(e); /* counts anew */
    CHECK(furthest_from(e, want) == 0);
    for (int i = 0; i < n * n; i++) total += want[i];
    CHECK(total > 0);
    free(want);
}

static void counts_are_those_of_the_twin(void) { on_each_corpus(compare_counts); }

static const double l2s[] = {0.5, 3, 200};

static void compare_weights(hl_ease *e, int n)
{
    double *want = hl_alloc((size_t)(n * n) * sizeof *want);
    for (int i = 0; i < 3; i++) {
        ref_ease(want, e->corpus, l2s[i]);
        CHECK_OK(hl_ease_fit(e, l2s[i]));
        CHECK_NEAR(furthest_from(e, want), 0, 1e-12);
    }
    free(want);
}

static void weights_are_those_of_the_twin(void) { on_each_corpus(compare_weights); }

static void compare_ranks(hl_ease *e, int n, double l2, hl_phase phase, int users_a_round, hl_mask mask)
{
    int64_t users = e->corpus->users, *rank = hl_alloc_zero((size_t)users, sizeof *rank),
            *ties = hl_alloc_zero((size_t)users, sizeof *ties);
    double *b = hl_alloc((size_t)(n * n) * sizeof *b);
    const int masked = mask == HL_MASK_NONE ? 0 : mask == HL_MASK_WINDOW ? 2 : INT_MAX;
    hl_eval_orders orders = {.phase = phase,
                             .history = 2,
                             .mask = mask,
                             .users = users_a_round,
                             .cuts = 2,
                             .cut = {1, 5},
                             .rank = rank,
                             .ties = ties};
    hl_score got, want = hl_score_at(orders.cut, orders.cuts);
    ref_ease(b, e->corpus, l2);
    CHECK_OK(hl_ease_fit(e, l2));
    CHECK_OK(hl_ease_score(&got, e, &orders));
    for (int64_t u = 0; u < users; u++) {
        int64_t its_ties, its_rank = ref_ease_rank(&its_ties, b, e->corpus, u, phase, masked, HL_EASE_MARGIN);
        hl_score_add(&want, its_rank, its_rank ? its_ties : 0);
        if (hl_grid_has_me(&e->grid)) CHECK(rank[u] == its_rank && ties[u] == its_ties);
    }
    CHECK(got.users == users && got.repeated == want.repeated && got.tied == want.tied && got.ties == want.ties);
    CHECK(memcmp(got.gains, want.gains, sizeof got.gains) == 0);
    free(rank), free(ties), free(b);
}

static void compare_all_ranks(hl_ease *e, int n)
{
    for (int i = 0; i < 3; i++) {
        compare_ranks(e, n, l2s[i], HL_VALID, 1000, HL_MASK_ALL);
        compare_ranks(e, n, l2s[i], HL_TEST, 7, HL_MASK_ALL);
        compare_ranks(e, n, l2s[i], HL_TEST, 7, HL_MASK_WINDOW);
        compare_ranks(e, n, l2s[i], HL_VALID, 9, HL_MASK_NONE);
    }
}

static void ranks_are_those_of_the_twin(void) { on_each_corpus(compare_all_ranks); }

/* Items come in pairs; a user trains on one pair, then meets one of another pair, and its other one is the target. */
static void what_goes_together_is_found(void)
{
    enum { PAIRS = 10, USERS = 30 };
    int64_t begin[USERS + 1] = {0};
    int32_t item[4 * USERS];
    toy t;
    hl_ease e;
    hl_score s;
    for (int u = 0; u < USERS; u++) {
        int mine = u % PAIRS, other = (u + 3) % PAIRS;
        const int32_t sequence[4] = {2 * mine + 1, 2 * mine + 2, 2 * other + 1 + u % 2, 2 * other + 2 - u % 2};
        memcpy(item + 4 * u, sequence, sizeof sequence);
        begin[u + 1] = 4 * (u + 1);
    }
    toy_open(&t, 2 * PAIRS + 1, 2, 1);
    toy_take_users(&t, USERS, begin, item);
    hl_ease_open(&e, check_world(), &t.corpus);
    CHECK_OK(hl_ease_fit(&e, 1));
    hl_eval_orders orders = {.phase = HL_TEST, .users = 10, .cuts = 1, .cut = {1}};
    CHECK_OK(hl_ease_score(&s, &e, &orders));
    CHECK(s.gains[HL_TIES_LAST].recall[0] == USERS);
    orders.phase = HL_VALID; /* nobody could know the other pair: all others tie */
    CHECK_OK(hl_ease_score(&s, &e, &orders));
    CHECK(s.gains[HL_TIES_FIRST].recall[0] == USERS && s.gains[HL_TIES_LAST].recall[0] == 0
          && s.ties == USERS * (2 * PAIRS - 3));
    CHECK_NEAR(s.gains[HL_TIES_RANDOM].recall[0], USERS / (2.0 * PAIRS - 2), 1e-12);
    hl_ease_close(&e);
    toy_close(&t);
}

static void what_has_no_solution_is_refused(hl_ease *e, int n)
{
    CHECK_FAILS(hl_ease_fit(e, -1e6), HL_ENUMERIC, "not positive definite");
    if (n > 1) CHECK_FAILS(hl_ease_fit(e, INFINITY), HL_ENUMERIC, "the weight from item number 1 to item number 2 is ");
    CHECK_OK(hl_ease_fit(e, 1));
}

static void all_ranks_learn_of_a_failure(void) { on_each_corpus(what_has_no_solution_is_refused); }

static void a_catalogue_without_items_is_refused(void)
{
    const hl_corpus none = {.items = 1}, many = {.items = 3000000000};
    CHECK_FAILS(hl_ease_fits(check_world(), &none), HL_EUSAGE, "no items");
    CHECK_FAILS(hl_ease_fits(check_world(), &many), HL_EUSAGE, "EASE: a matrix of 2999999999 rows");
}

static const test tests[] = {
    {"counts are those of the twin", counts_are_those_of_the_twin},
    {"weights are those of the twin", weights_are_those_of_the_twin},
    {"ranks and ties are those of the twin", ranks_are_those_of_the_twin},
    {"what goes together is found", what_goes_together_is_found},
    {"all ranks learn of a failure, those that are left over too", all_ranks_learn_of_a_failure},
    {"a catalogue that is empty or too large is refused", a_catalogue_without_items_is_refused},
};
HL_TESTS("ease", tests)
