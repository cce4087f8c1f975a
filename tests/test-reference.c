/* test-reference.c - popularity and chance equal a slow double loop over users and items, on any number of ranks. */
#include "mpi/reference.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <string.h>

static const int cuts[] = {1, 3, 10, 25};
enum { CUTS = 4 };

static bool is_in(const int32_t *list, int n, int32_t item)
{
    for (int i = 0; i < n; i++)
        if (list[i] == item) return true;
    return false;
}

/* How often an item occurs in what all users have but their last two. */
static int popularity(const hl_corpus *c, int32_t item)
{
    int count = 0;
    for (int64_t u = 0; u < c->users; u++) {
        int n;
        const int32_t *items = c->sequence(c, u, &n);
        for (int i = 0; i + 2 < n; i++) count += items[i] == item;
    }
    return count;
}

typedef struct {
    int64_t above, equal,
        open; /* items outside the history: more popular, as popular as the target; the target counts as open */
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

static place place_of(const hl_corpus *c, int64_t user, const hl_eval_orders *orders, const int *popular)
{
    int n;
    const int32_t *history;
    int32_t target = hl_phase_target(c, user, orders->phase, &history, &n);
    history = left_out(history, &n, orders);
    place p = {.repeated = is_in(history, n, target)};
    for (int32_t item = 1; item < c->items; item++) {
        if (is_in(history, n, item)) continue;
        p.open++;
        p.above += popular[item] > popular[target];
        p.equal += item != target && popular[item] == popular[target];
    }
    return p;
}

/* A mean over users is a sum in another order on another number of ranks. */
static void compare(const hl_score *got, const hl_score *want)
{
    double tolerance = 1e-12 * (double)want->users;
    CHECK(got->users == want->users && got->repeated == want->repeated && got->tied == want->tied
          && got->ties == want->ties);
    for (int k = 0; k < CUTS; k++) CHECK(got->cut[k] == cuts[k]);
    for (hl_ties t = 0; t < HL_TIES; t++) {
        const hl_gains *g = &got->gains[t], *w = &want->gains[t];
        CHECK_NEAR(g->mrr, w->mrr, tolerance);
        for (int k = 0; k < CUTS; k++) {
            CHECK_NEAR(g->recall[k], w->recall[k], tolerance);
            CHECK_NEAR(g->ndcg[k], w->ndcg[k], tolerance);
        }
    }
}

static void check_orders(const hl_corpus *c, const hl_eval_orders *orders, const int *popular)
{
    hl_score want = hl_score_at(cuts, CUTS), chance = hl_score_at(cuts, CUTS), got;
    for (int64_t u = 0; u < c->users; u++) {
        place p = place_of(c, u, orders, popular);
        hl_score_add(&want, p.repeated ? 0 : 1 + p.above, p.repeated ? 0 : p.equal);
        if (p.repeated) hl_score_add(&chance, 0, 0);
        else hl_score_add_random(&chance, p.open);
    }
    hl_reference_popularity(&got, check_world(), c, orders);
    compare(&got, &want);
    hl_reference_chance(&got, check_world(), c, orders);
    compare(&got, &chance);
}

static void check_phase(const hl_corpus *c, hl_phase phase, const int *popular)
{
    for (hl_mask mask = HL_MASK_ALL; mask <= HL_MASK_NONE; mask++) {
        hl_eval_orders orders = {.phase = phase, .history = 3, .mask = mask, .cuts = CUTS};
        memcpy(orders.cut, cuts, sizeof cuts);
        check_orders(c, &orders, popular);
    }
}

static void check_corpus(int64_t items, int64_t users, int longest, uint64_t seed)
{
    toy t;
    int popular[400];
    toy_open(&t, items, 3, seed);
    toy_draw_users(&t, users, longest, seed);
    for (int32_t item = 0; item < items; item++) popular[item] = popularity(&t.corpus, item);
    for (hl_phase phase = HL_VALID; phase <= HL_TEST; phase++) check_phase(&t.corpus, phase, popular);
    toy_close(&t);
}

static void references_equal_a_slow_count(void)
{
    check_corpus(40, 100, 12, 1);
    check_corpus(400, 50, 30, 2); /* many items that nobody has */
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

static const test tests[] = {
    {"popularity and chance equal a slow count", references_equal_a_slow_count},
    {"fewer users than ranks are legal", fewer_users_than_ranks_are_legal},
    {"histories may repeat items or cover the catalogue", histories_may_repeat_or_cover_the_catalogue},
};
HL_TESTS("reference", tests)
