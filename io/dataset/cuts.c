/* cuts.c - where a split cuts the interactions that were read.
 *
 * Each rank has the times of its own users.  The time of the k-th interaction of all ranks is found by halving the
 * range of times, with one sum of counts over the ranks for each half; a sorted copy makes a count a search. */
#include "io/dataset/cuts.h"
#include "base/arena.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const hl_group *g;
    int64_t *time, n; /* mine, ascending */
    int64_t all;      /* of all ranks */
} times;

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void times_open(times *t, const hl_group *g, const hl_interactions *x)
{
    *t = (times){.g = g, .n = x->begin[hl_deal_slots(&x->deal)]};
    t->time = hl_alloc((size_t)t->n * sizeof *t->time);
    if (t->n) memcpy(t->time, x->time, (size_t)t->n * sizeof *t->time);
    qsort(t->time, (size_t)t->n, sizeof *t->time, ascending);
    t->all = t->n;
    hl_group_all_reduce_int(g, &t->all, 1);
}

/* Of all ranks: how many times are at most this one. */
static int64_t count_until(const times *t, int64_t moment)
{
    int64_t low = 0, high = t->n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (t->time[middle] <= moment) low = middle + 1;
        else high = middle;
    }
    hl_group_all_reduce_int(t->g, &low, 1);
    return low;
}

/* The time of interaction k of all ranks, in the order of time, from 0: the first with more than k until it. */
static int64_t time_of(const times *t, int64_t k)
{
    int64_t low = INT64_MIN, high = INT64_MAX;
    while (low < high) {
        const int64_t middle = low + (int64_t)(((uint64_t)high - (uint64_t)low) / 2);
        if (count_until(t, middle) > k) high = middle;
        else low = middle + 1;
    }
    return low;
}

static int64_t count_before(const times *t, int64_t moment)
{
    return moment == INT64_MIN ? 0 : count_until(t, moment - 1);
}

static int64_t share_of(double share, int64_t n) { return (int64_t)(share * (double)n + 0.5); }

static hl_status nothing_left(const char *path, const hl_split_rule *rule, const char *part, const char *why)
{
    return HL_FAIL(
        HL_EFORMAT,
        "%s: split: temporal with shares of %g for validation and %g for test leaves nothing for %s: %s; give other "
        "shares, or split: leave_two_out",
        path, rule->valid, rule->test, part, why);
}

static hl_status check_parts(const hl_split *s, const hl_split_report *r, const times *t, const char *path)
{
    char why[160];
    const int64_t first = time_of(t, 0), last = time_of(t, t->all - 1);
    if (first == last)
        return HL_FAIL(HL_EFORMAT,
                       "%s: all interactions are at one time (%" PRId64
                       "), so a temporal split cannot tell what came first; name the "
                       "column of the timestamps, or give split: leave_two_out",
                       path, first);
    int64_t at_cuts = count_until(t, s->test_from);
    at_cuts -= count_before(t, s->test_from);
    if (s->valid_from != s->test_from) {
        at_cuts += count_until(t, s->valid_from);
        at_cuts -= count_before(t, s->valid_from);
    }
    snprintf(why, sizeof why,
             "of %" PRId64 " interactions %" PRId64 " are at the times of the cuts, %" PRId64 " and %" PRId64, t->all,
             at_cuts, s->valid_from, s->test_from);
    if (r->train == 0) return nothing_left(path, &s->rule, "training", why);
    return s->valid_from == s->test_from ? nothing_left(path, &s->rule, "validation", why) : HL_OK;
}

static hl_status find_moments(hl_split *s, hl_split_report *r, const hl_group *g, const hl_interactions *x,
                              const char *path)
{
    times t;
    times_open(&t, g, x);
    const int64_t test = share_of(s->rule.test, t.all), held_out = share_of(s->rule.valid + s->rule.test, t.all);
    hl_status status = HL_OK;
    if (test == 0) status = nothing_left(path, &s->rule, "test", "there are too few interactions");
    else if (held_out == test) status = nothing_left(path, &s->rule, "validation", "there are too few interactions");
    else if (held_out == t.all) status = nothing_left(path, &s->rule, "training", "there are too few interactions");
    else {
        s->test_from = time_of(&t, t.all - test);
        s->valid_from = time_of(&t, t.all - held_out);
        r->train = count_before(&t, s->valid_from);
        r->ties_valid = t.all - held_out - r->train;
        r->ties_test = t.all - test - count_before(&t, s->test_from);
        status = check_parts(s, r, &t, path);
    }
    free(t.time);
    return status;
}

/* A user's target in the part from begin to before end: ranked, or why not. */
static void count_target(int64_t *ranked, int64_t *without, int64_t *no_history, int begin, int end)
{
    *ranked += hl_split_target(begin, end) >= 0;
    *without += end == begin;
    *no_history += end > begin && hl_split_target(begin, end) < 0;
}

static void count_parts(hl_split_report *r, bool *is_known, const hl_split *s, const hl_interactions *x)
{
    for (int64_t slot = 0; slot < hl_deal_slots(&x->deal); slot++) {
        const int64_t from = x->begin[slot];
        const hl_split_parts p = hl_split_cut(s, x->time + from, (int)(x->begin[slot + 1] - from));
        r->train += p.train;
        r->valid += p.valid - p.train;
        r->test += p.n - p.valid;
        r->users_train += p.train > 0;
        for (int i = 0; i < p.train; i++) is_known[x->item[from + i]] = true;
        count_target(&r->targets_valid, &r->without_valid, &r->no_history_valid, p.train, p.valid);
        count_target(&r->targets_test, &r->without_test, &r->no_history_test, p.valid, p.n);
        r->new_valid += p.train == 0 && hl_split_target(p.train, p.valid) >= 0;
        r->new_test += p.train == 0 && hl_split_target(p.valid, p.n) >= 0;
    }
}

static void count_cold(hl_split_report *r, const int64_t *known, const hl_split *s, const hl_interactions *x)
{
    for (int64_t slot = 0; slot < hl_deal_slots(&x->deal); slot++) {
        const int32_t *item = x->item + x->begin[slot];
        const hl_split_parts p = hl_split_cut(s, x->time + x->begin[slot], (int)(x->begin[slot + 1] - x->begin[slot]));
        const int valid = hl_split_target(p.train, p.valid), test = hl_split_target(p.valid, p.n);
        r->cold_valid += valid >= 0 && !known[item[valid]];
        r->cold_test += test >= 0 && !known[item[test]];
    }
}

static void count_all(hl_split_report *r, const hl_split *s, const hl_group *g, const hl_interactions *x)
{
    const int64_t items = hl_idtable_count(x->items) + 1;
    bool *mine = hl_alloc_zero((size_t)items, sizeof *mine);
    int64_t *known = hl_alloc((size_t)items * sizeof *known);
    count_parts(r, mine, s, x);
    for (int64_t i = 0; i < items; i++) known[i] = mine[i];
    hl_group_all_reduce_int(g, known, (size_t)items);
    for (int64_t i = 1; i < items && g->rank == 0; i++) r->items_train += known[i] > 0;
    count_cold(r, known, s, x);
    hl_group_all_reduce_int(g, (int64_t *)r, HL_SPLIT_COUNTS);
    free(mine);
    free(known);
}

hl_status hl_cuts_find(hl_split *s, hl_split_report *r, const hl_split_rule *rule, const hl_group *g,
                       const hl_interactions *x, const char *path)
{
    hl_split_report moments = {0};
    *s = (hl_split){.rule = *rule};
    *r = (hl_split_report){0};
    if (rule->kind == HL_TEMPORAL) HL_TRY(find_moments(s, &moments, g, x, path)); /* all ranks know the same */
    count_all(r, s, g, x);
    r->ties_valid = moments.ties_valid;
    r->ties_test = moments.ties_test;
    if (r->targets_valid > 0 && r->targets_test > 0) return HL_OK;
    return nothing_left(path, rule, r->targets_test > 0 ? "validation" : "test", "no user has a target there");
}
