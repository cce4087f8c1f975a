/* synth-oracle.c - how well the next item of a made-up user can be predicted.
 *
 * The walk has no memory but the last topic and what was taken, so with t the topic of the user's last item
 *     P(next = i) = sum over moves m from t to i's topic of P(m) * weight(i) / weight left in the topic,
 * where P(m) depends on the last interaction's time too if there is a daily rhythm,
 * and ranking by it is the best that anybody can do.  Only the items of topics that t leads to have P > 0, and
 * the target is among them, so nothing else can stand before it. */
#include "app/synth/synth-oracle.h"
#include "base/arena.h"
#include "data/split.h"
#include <math.h>
#include <stdlib.h>

const int hl_synth_cutoffs[HL_SYNTH_CUTOFFS] = {5, 10, 50};
enum { NDCG_CUTOFF = 10 };

/* What one ranking of a user's candidates adds. */
static void count_rank(hl_synth_scores *s, int64_t rank)
{
    for (int c = 0; c < HL_SYNTH_CUTOFFS; c++) s->recall[c] += rank <= hl_synth_cutoffs[c];
    if (rank <= NDCG_CUTOFF) s->ndcg_10 += 1 / log2((double)rank + 1);
}

/* What a ranking in random order of this many candidates adds on average. */
static void count_random(hl_synth_scores *s, int64_t candidates)
{
    double share = 1 / (double)candidates;
    for (int c = 0; c < HL_SYNTH_CUTOFFS; c++) s->recall[c] += fmin(1, hl_synth_cutoffs[c] * share);
    for (int rank = 1; rank <= NDCG_CUTOFF && rank <= candidates; rank++) s->ndcg_10 += share / log2((double)rank + 1);
}

static void divide(hl_synth_scores *s, int users)
{
    for (int c = 0; c < HL_SYNTH_CUTOFFS; c++) s->recall[c] /= users;
    s->ndcg_10 /= users;
}

/* A user before their last interaction. */
typedef struct {
    const int32_t *taken;
    int64_t n;
    int32_t target;
    int64_t time; /* of the last one that was taken */
} moment;

typedef double moves(const hl_synth_world *w, const moment *now, int m);
static double move_then(const hl_synth_world *w, const moment *now, int m) { return hl_synth_move(w, m, now->time); }
static double move_at_any_time(const hl_synth_world *w, const moment *now, int m)
{
    (void)now;
    return hl_synth_move_at_any_time(w, m);
}

static moment last_moment(const hl_synth_world *w, int user)
{
    int64_t n = w->begin[user + 1] - w->begin[user] - 1;
    const int32_t *taken = w->sequence + w->begin[user];
    hl_synth_clock clock = hl_synth_clock_of(w, user);
    for (int64_t i = 1; i < n; i++) hl_synth_clock_next(&clock);
    return (moment){taken, n, taken[n], clock.time};
}

/* Members of a topic are in order of weight: those that stand before the target are the first ones. */
static int64_t members_above(const hl_synth_world *w, const moment *now, int topic, double factor, double target,
                             const int64_t *times)
{
    int n;
    int64_t above = 0;
    const int32_t *member = hl_synth_members(w, topic, &n);
    for (int i = 0; i < n && factor * w->weight[member[i]] > target; i++)
        above += times[member[i]] > 0 && !hl_synth_has(now->taken, now->n, member[i]);
    return above;
}

static int64_t oracle_rank(const hl_synth_world *w, const moment *now, moves *probability, const int64_t *times)
{
    int from = w->topic[now->taken[now->n - 1]];
    double factor[HL_SYNTH_MOST_SUCCESSORS + 1], target = 0;
    int64_t rank = 1;
    for (int m = 0; m <= w->settings.successors; m++) {
        int topic = hl_synth_step(w, from, m);
        factor[m] = probability(w, now, m) / hl_synth_weight_left(w, topic, now->taken, now->n);
        if (topic == w->topic[now->target]) target = factor[m] * w->weight[now->target];
    }
    for (int m = 0; m <= w->settings.successors; m++)
        rank += members_above(w, now, hl_synth_step(w, from, m), factor[m], target, times);
    return rank;
}

static int most_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

/* How many of the counts, sorted most first, are above x. */
static int64_t counts_above(const int64_t *sorted, int64_t n, int64_t x)
{
    int64_t low = 0;
    while (low < n) {
        int64_t middle = low + (n - low) / 2;
        if (sorted[middle] > x) low = middle + 1;
        else n = middle;
    }
    return low;
}

static int64_t popularity_rank(const moment *now, const int64_t *trained, const int64_t *sorted, int64_t items)
{
    int64_t mine = trained[now->target], rank = 1 + counts_above(sorted, items, mine);
    for (int64_t i = 0; i < now->n; i++) rank -= trained[now->taken[i]] > mine;
    return rank;
}

/* How often each item was taken: in all, or in the users' training parts. */
static int64_t *count_items(const hl_synth_world *w, bool in_training)
{
    int64_t *times = hl_alloc_zero((size_t)w->settings.items, sizeof *times);
    for (int u = 0; u < w->settings.users; u++) {
        const hl_split_parts parts = hl_split_cut(&(hl_split){0}, NULL, (int)(w->begin[u + 1] - w->begin[u]));
        const int32_t *item = w->sequence + w->begin[u];
        for (int i = 0; i < (in_training ? parts.train : parts.n); i++) times[item[i]]++;
    }
    return times;
}

void hl_synth_judge(hl_synth_report *report, const hl_synth_world *w)
{
    int items = w->settings.items, users = w->settings.users;
    int64_t *times = count_items(w, false), *trained = count_items(w, true), *sorted = count_items(w, true);
    qsort(sorted, (size_t)items, sizeof *sorted, most_first);
    *report = (hl_synth_report){.interactions = w->begin[users], .has_rhythm = w->settings.daily_rhythm > 0};
    for (int i = 0; i < items; i++) report->catalogue += times[i] > 0;
    for (int u = 0; u < users; u++) {
        moment now = last_moment(w, u);
        count_rank(&report->oracle, oracle_rank(w, &now, move_then, times));
        if (report->has_rhythm) count_rank(&report->without_times, oracle_rank(w, &now, move_at_any_time, times));
        count_rank(&report->popularity, popularity_rank(&now, trained, sorted, items));
        count_random(&report->random, report->catalogue - now.n);
    }
    divide(&report->oracle, users);
    divide(&report->without_times, users);
    divide(&report->popularity, users);
    divide(&report->random, users);
    free(times);
    free(trained);
    free(sorted);
}
