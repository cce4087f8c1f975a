/* reference.c - what no model is needed for: popularity and chance. */
#include "mpi/reference.h"
#include "base/arena.h"
#include "base/part.h"
#include <stdlib.h>
#include <string.h>

/* Occurrences of each item in the training parts, and how many items occur more often than c times. */
typedef struct {
    int64_t *count, *more, most;
} popularity;

static void count_my_users(int64_t *count, const hl_group *g, const hl_corpus *corpus)
{
    int64_t begin = hl_part_begin(corpus->users, g->size, g->rank),
            end = begin + hl_part_count(corpus->users, g->size, g->rank);
    for (int64_t u = begin; u < end; u++) {
        int n;
        const int32_t *items = hl_corpus_training(corpus, u, &n);
        for (int i = 0; i < n; i++) count[items[i]]++;
    }
}

static void popularity_open(popularity *p, const hl_group *g, const hl_corpus *corpus)
{
    *p = (popularity){.count = hl_alloc_zero((size_t)corpus->items, sizeof *p->count)};
    count_my_users(p->count, g, corpus);
    hl_group_all_reduce_int(g, p->count, (size_t)corpus->items);
    for (int64_t i = 1; i < corpus->items; i++)
        if (p->count[i] > p->most) p->most = p->count[i];
    p->more = hl_alloc_zero((size_t)p->most + 2, sizeof *p->more);
    for (int64_t i = 1; i < corpus->items; i++) p->more[p->count[i]]++;
    int64_t above = 0;
    for (int64_t c = p->most; c >= 0; c--) {
        int64_t here = p->more[c];
        p->more[c] = above;
        above += here;
    }
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* The different items of a history, ascending; how many.  The caller frees *out. */
static int different(int32_t **out, const int32_t *items, int n)
{
    int32_t *x = *out = hl_alloc((size_t)n * sizeof *x);
    int m = 0;
    memcpy(x, items, (size_t)n * sizeof *x);
    qsort(x, (size_t)n, sizeof *x, by_number);
    for (int i = 0; i < n; i++)
        if (i == 0 || x[i] != x[i - 1]) x[m++] = x[i];
    return m;
}

static bool contains(const int32_t *items, int n, int32_t item)
{
    return bsearch(&item, items, (size_t)n, sizeof *items, by_number) != NULL;
}

static int64_t ties_of(const popularity *p, const hl_corpus *corpus, int64_t c)
{
    return (c == 0 ? corpus->items - 1 : p->more[c - 1]) - p->more[c] - 1;
}

static void add_popularity(hl_score *s, const popularity *p, const hl_corpus *corpus, int32_t target,
                           const int32_t *seen, int n)
{
    int64_t c = p->count[target], rank = 1 + p->more[c], ties = ties_of(p, corpus, c);
    for (int i = 0; i < n; i++) {
        rank -= p->count[seen[i]] > c;
        ties -= p->count[seen[i]] == c;
    }
    hl_score_add(s, rank, ties);
}

/* Every rank scores its share of the users; the sums are added by a tree. */
static void combine_scores(void *into, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) hl_score_join((hl_score *)into + i, (const hl_score *)from + i);
}

/* p NULL: chance. */
static void score_users(hl_score *score, const hl_group *g, const hl_corpus *corpus, const hl_eval_orders *orders,
                        const popularity *p)
{
    hl_targets targets;
    hl_targets_open(&targets, corpus, orders->phase);
    int64_t begin = hl_part_begin(targets.n, g->size, g->rank);
    int64_t end = begin + hl_part_count(targets.n, g->size, g->rank);
    for (int64_t i = begin; i < end; i++) {
        const int32_t *history;
        int32_t *seen;
        int n;
        int32_t target = hl_targets_at(&targets, i, &history, &n);
        const int from = hl_mask_begin(orders->mask, orders->history, n);
        n = different(&seen, history + from, n - from);
        if (contains(seen, n, target)) hl_score_add(score, 0, 0);
        else if (p) add_popularity(score, p, corpus, target, seen, n);
        else hl_score_add_random(score, corpus->items - 1 - n);
        free(seen);
    }
    hl_targets_close(&targets);
    hl_group_all_reduce_with(g, score, 1, sizeof *score, combine_scores);
}

void hl_reference_popularity(hl_score *score, const hl_group *g, const hl_corpus *corpus, const hl_eval_orders *orders)
{
    popularity p;
    popularity_open(&p, g, corpus);
    *score = hl_score_at(orders->cut, orders->cuts);
    score_users(score, g, corpus, orders, &p);
    free(p.count);
    free(p.more);
}

void hl_reference_chance(hl_score *score, const hl_group *g, const hl_corpus *corpus, const hl_eval_orders *orders)
{
    *score = hl_score_at(orders->cut, orders->cuts);
    score_users(score, g, corpus, orders, NULL);
}
