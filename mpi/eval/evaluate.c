/* evaluate.c - every user's target ranked against the whole catalogue.
 *
 * A scorer counts all its columns.  What must not be counted is known beforehand: the target itself and what is left
 * out of the user's history.  These few are listed, and taken back after the columns were counted. */
#include "mpi/eval/evaluate.h"
#include "base/acts.h"
#include "base/fault.h"
#include "base/minmax.h"
#include "base/part.h"
#include "base/stop.h"
#include "mpi/eval/lists.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One item in a column of mine that is not a rival of the user's target. */
typedef struct {
    int user, column;
} exception;

typedef struct {
    hl_scorer *s;
    const hl_eval_orders *orders;
    hl_round r;
    bool *repeated;          /* (users) the target is in what is left out */
    int *target;             /* (users) its column; -1: another rank's */
    int32_t *left_out;       /* of a history, different items that ascend: of user i those from */
    int64_t *left_out_begin; /* (users + 1) left_out_begin[i] on */
    exception *exceptions;
    int n_exceptions;
    double *threshold; /* (users) */
    int64_t *counts;   /* (2 users) above, then equal */
} ranking;

static int column_of(const hl_scorer *s, int32_t item) { return s->kind->column ? s->kind->column(s, item) : item; }

static bool counts_for(const hl_round *r, int user) { return user >= r->begin && user < r->end; }

/* ---- whom to rank against what */

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* The different items of what is left out of a history. */
static void except_history(ranking *k, int user, const int32_t *history, int n, int32_t target)
{
    int32_t *items = k->left_out + k->left_out_begin[user];
    int different = 0;
    memcpy(items, history, (size_t)n * sizeof *items);
    qsort(items, (size_t)n, sizeof *items, by_number);
    for (int i = 0; i < n; i++) {
        const int32_t item = items[i];
        if (different > 0 && item == items[different - 1]) continue;
        items[different++] = item;
        k->repeated[user] |= item == target;
        const int column = counts_for(&k->r, user) && item != target ? column_of(k->s, item) : -1;
        if (column >= 0) k->exceptions[k->n_exceptions++] = (exception){user, column};
    }
    k->left_out_begin[user + 1] = k->left_out_begin[user] + different;
}

static int history_items(const hl_round *r)
{
    int sum = 0, n;
    const int32_t *history;
    for (int i = 0; i < r->users; i++) {
        hl_targets_at(r->targets, r->first + i, &history, &n);
        sum += n;
    }
    return sum;
}

static void read_users(ranking *k)
{
    const hl_round *r = &k->r;
    k->target = HL_TAKE(r->arena, int, r->users);
    k->repeated = HL_TAKE_ZERO(r->arena, bool, r->users);
    k->left_out = HL_TAKE(r->arena, int32_t, history_items(r));
    k->left_out_begin = HL_TAKE_ZERO(r->arena, int64_t, r->users + 1);
    k->exceptions = HL_TAKE(r->arena, exception, history_items(r));
    for (int i = 0; i < r->users; i++) {
        const int32_t *history;
        int n;
        const int32_t target = hl_targets_at(r->targets, r->first + i, &history, &n);
        const int from = hl_mask_begin(k->orders->mask, k->orders->history, n);
        k->target[i] = counts_for(r, i) ? column_of(k->s, target) : -1;
        except_history(k, i, history + from, n - from, target);
    }
}

/* ---- counting, on ranks that count */

/* The target's score comes from whoever counts it; the others add zero. */
static void find_thresholds(ranking *k)
{
    k->threshold = HL_TAKE_ZERO(k->r.arena, double, k->r.users);
    for (int i = 0; i < k->r.users; i++) {
        if (k->target[i] < 0) continue;
        const double t = k->threshold[i] = k->s->kind->score(k->s, i, k->target[i]);
        if (!isfinite(t)) hl_first_note(&k->r.odd, 2 * (int64_t)i + 1, t);
    }
    hl_group_all_reduce_double(k->s->group, k->threshold, (size_t)k->r.users);
    for (int i = 0; i < k->r.users; i++)
        if (isinf(k->threshold[i])) k->threshold[i] = NAN; /* nobody's best score */
}

/* All items, where every rank scores all. */
static void count_each(const hl_scorer *s, const hl_counts *c, const hl_round *r)
{
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = r->begin; i < r->end; i++)
        for (int item = 1; item < s->corpus->items; item++) hl_counts_add(c, i, s->kind->score(s, i, item), 1);
}

static void count(ranking *k)
{
    const int users = k->r.users;
    k->counts = HL_TAKE_ZERO(k->r.arena, int64_t, 2 * users);
    const hl_counts c = {k->threshold, k->s->kind->margin + (double)k->orders->margin, k->counts, k->counts + users};
    if (k->s->kind->count) k->s->kind->count(k->s, &c, &k->r);
    else count_each(k->s, &c, &k->r);
    for (const exception *x = k->exceptions; x < k->exceptions + k->n_exceptions; x++)
        hl_counts_add(&c, x->user, k->s->kind->score(k->s, x->user, x->column), -1);
    for (int i = 0; i < users; i++)
        if (k->target[i] >= 0) hl_counts_add(&c, i, k->s->kind->score(k->s, i, k->target[i]), -1);
    hl_group_all_reduce_int(k->s->group, k->counts, 2 * (size_t)users);
}

static void add_up(hl_score *score, const ranking *k)
{
    for (int i = 0; i < k->r.users; i++) {
        const int64_t rank = k->repeated[i] ? 0 : 1 + k->counts[i],
                      ties = k->repeated[i] ? 0 : k->counts[k->r.users + i],
                      user = hl_targets_user(k->r.targets, k->r.first + i);
        hl_score_add(score, rank, ties);
        if (k->orders->rank) k->orders->rank[user] = rank;
        if (k->orders->ties) k->orders->ties[user] = ties;
    }
}

/* ---- rounds */

/* The same on every rank. */
static hl_status judge(ranking *k)
{
    const hl_scorer *s = k->s;
    hl_first *odd = &k->r.odd;
    char user[HL_CALLED], item[HL_CALLED];
    const int32_t *history;
    int n;
    if (!hl_first_agree(odd, s->world)) return HL_OK;
    const int64_t at = k->r.first + odd->number / 2;
    hl_corpus_call_user(user, s->corpus, hl_targets_user(k->r.targets, at));
    if (odd->number % 2 == 0) return s->kind->tell_user(s, odd, user);
    hl_corpus_call_item(item, s->corpus, hl_targets_at(k->r.targets, at, &history, &n));
    return HL_FAIL(HL_ENUMERIC, "the score of %s for %s is %g (rank %d)%s%s", item, user, odd->value, odd->rank,
                   s->kind->why ? ": " : "", s->kind->why ? s->kind->why(s) : "");
}

/* Ranks share the users of a round where each scores all items. */
static void share_users(hl_round *r, const hl_scorer *s)
{
    const bool shared = !s->kind->column && hl_group_has_me(s->group);
    r->begin = shared ? (int)hl_part_begin(r->users, s->group->size, s->group->rank) : 0;
    r->end = shared ? (int)hl_part_begin(r->users, s->group->size, s->group->rank + 1) : r->users;
}

static hl_status run_round(hl_score *score, ranking *k, hl_lists *lists)
{
    k->r.odd = hl_first_none(k->s->world->rank);
    share_users(&k->r, k->s);
    if (k->s->kind->find_users) k->s->kind->find_users(k->s, &k->r);
    if (hl_group_has_me(k->s->group)) {
        read_users(k);
        find_thresholds(k);
        count(k);
        add_up(score, k);
        if (lists) hl_lists_add(lists, &k->r, k->left_out, k->left_out_begin);
    }
    hl_arena_back(k->r.arena, 0);
    return judge(k);
}

/* All ranks alike. */
static bool is_asked_to_stop(const hl_group *world)
{
    if (hl_fault("evaluate-signal", world->rank)) hl_stop_ask();
    return hl_group_any(world, hl_stop_is_asked());
}

/* Until all targets are ranked or a signal has come. */
static hl_status run_rounds(hl_score *score, hl_scorer *s, const hl_eval_orders *orders, const hl_targets *targets,
                            hl_lists *lists)
{
    const int64_t all = targets->n, step = hl_min(orders->users, s->most_users);
    hl_arena arena = hl_arena_growing("a round of users");
    int64_t first;
    bool stopped = false;
    hl_status status = HL_OK;
    for (first = score->users; status == HL_OK && first < all && !(stopped = is_asked_to_stop(s->world));
         first += step) {
        hl_act_begin(s->kind->act, (int)(first / step));
        hl_fault_wait("evaluate-round", s->world->rank);
        const int users = (int)(all - first < step ? all - first : step);
        ranking k = {
            .s = s,
            .orders = orders,
            .r = {.targets = targets, .first = first, .users = users, .history = orders->history, .arena = &arena}};
        status = run_round(score, &k, lists);
    }
    hl_arena_free(&arena);
    if (status != HL_OK || !stopped) return status;
    return HL_FAIL(
        HL_ESTOP,
        "stopped by a signal while ranking users; there is nothing to save: the same command starts it again");
}

/* What ranks that count have becomes everyone's. */
static void share(hl_score *score, const hl_scorer *s, const hl_eval_orders *orders)
{
    const size_t bytes = (size_t)s->corpus->users * sizeof(int64_t);
    hl_group_broadcast(s->world, score, sizeof *score, s->first_rank);
    if (orders->rank) hl_group_broadcast(s->world, orders->rank, bytes, s->first_rank);
    if (orders->ties) hl_group_broadcast(s->world, orders->ties, bytes, s->first_rank);
}

hl_status hl_evaluate(hl_score *score, hl_scorer *s, const hl_eval_orders *orders)
{
    hl_targets targets;
    *score = orders->begun ? *orders->begun : hl_score_at(orders->cut, orders->cuts);
    HL_CHECK(!orders->lists || score->users == 0); /* the lists of earlier users are not kept */
    hl_targets_open(&targets, s->corpus, orders->phase);
    hl_lists *lists = orders->lists ? hl_lists_open(s, score) : NULL;
    const hl_status status = run_rounds(score, s, orders, &targets, lists);
    if (lists && status == HL_OK && hl_group_has_me(s->group)) hl_lists_finish(lists, score);
    if (status == HL_OK || status == HL_ESTOP) share(score, s, orders);
    hl_lists_close(lists);
    hl_targets_close(&targets);
    return status;
}
