/* lists.c - what everybody is recommended.
 *
 * A rank keeps the best of its columns for each user of the round in a heap whose worst is at the root.  Columns come
 * in blocks that stay in the cache while all users look at them. */
#include "mpi/eval/lists.h"
#include "base/acts.h"
#include "base/alloc.h"
#include "base/minmax.h"
#include "base/part.h"
#include "base/rng.h"
#include "data/metric.h"
#include "mpi/eval/popularity.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 }; /* items that all users look at before the next ones */

/* An item of mine and its column. */
typedef struct {
    int column;
    int32_t item;
} place;

/* One that may be in a user's list; item 0: none. */
typedef struct {
    double score;
    uint64_t chance; /* decides between equal scores */
    int32_t item;
} candidate;

struct hl_lists {
    const hl_scorer *s;
    int cuts, most; /* most: items of the longest list */
    int cut[HL_CUTS];
    place *places; /* (n), by column */
    int n;
    int64_t *shown; /* (cuts, items) lists in which an item is, of the users whom I merge */
    hl_rng ties;
};

/* ---- what is mine */

static int by_column(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->column != y->column) return x->column < y->column ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static void find_places(hl_lists *l)
{
    const hl_scorer *s = l->s;
    l->places = hl_alloc((size_t)s->corpus->items * sizeof *l->places);
    for (int32_t item = 1; item < s->corpus->items; item++) {
        const int column = s->kind->column ? s->kind->column(s, item) : item;
        if (column >= 0) l->places[l->n++] = (place){column, item};
    }
    qsort(l->places, (size_t)l->n, sizeof *l->places, by_column);
}

hl_lists *hl_lists_open(const hl_scorer *s, const hl_score *score)
{
    hl_lists *l = hl_alloc(sizeof *l);
    *l = (hl_lists){.s = s, .cuts = score->cuts};
    memcpy(l->cut, score->cut, sizeof l->cut);
    l->most = (int)hl_min(s->corpus->items - 1, score->cut[score->cuts - 1]);
    l->shown = hl_alloc_zero((size_t)l->cuts * (size_t)s->corpus->items, sizeof *l->shown);
    if (hl_group_has_me(s->group)) find_places(l);
    return l;
}

void hl_lists_close(hl_lists *l)
{
    if (!l) return;
    free(l->places);
    free(l->shown);
    free(l);
}

/* ---- the best of some */

static bool is_worse(const candidate *a, const candidate *b)
{
    if (a->score != b->score) return a->score < b->score;
    if (a->chance != b->chance) return a->chance < b->chance;
    return a->item > b->item;
}

/* A candidate takes the place of the root of a heap (n), the worst, and sinks. */
static void sink(candidate *heap, int n, candidate c)
{
    int at = 0;
    for (int child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_worse(&heap[child + 1], &heap[child])) child++;
        if (!is_worse(&heap[child], &c)) break;
        heap[at] = heap[child];
    }
    heap[at] = c;
}

static void clear(candidate *heap, int n)
{
    for (int i = 0; i < n; i++) heap[i] = (candidate){-INFINITY, 0, INT32_MAX};
}

static int by_number(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* What is known of a round. */
typedef struct {
    hl_lists *l;
    const hl_round *r;
    const int32_t *except;
    const int64_t *begin;
    candidate *heaps; /* (users, most) */
} making;

static uint64_t chance_of(const making *m, int user, int32_t item)
{
    const uint64_t who = (uint64_t)hl_targets_user(m->r->targets, m->r->first + user);
    hl_rng r = hl_rng_at(0, HL_FOR_TIES, who, (uint32_t)item);
    return hl_rng_u64(&r);
}

/* Scores within the margin of the scorer are equal. */
static double rounded(double score, double margin) { return margin > 0 ? margin * nearbyint(score / margin) : score; }

static void offer(const making *m, int user, double score, int32_t item)
{
    candidate *heap = m->heaps + (size_t)user * (size_t)m->l->most, c = {score, 0, item};
    if (!(score >= heap->score)) return;
    c.chance = chance_of(m, user, item);
    if (!is_worse(heap, &c)) return;
    const int64_t from = m->begin[user], n = m->begin[user + 1] - from;
    if (n > 0 && bsearch(&item, m->except + from, (size_t)n, sizeof item, by_number)) return;
    sink(heap, m->l->most, c);
}

/* A user looks at a block of my items; a column is scored once. */
static void look(const making *m, int user, int from, int end)
{
    const hl_scorer *s = m->l->s;
    int column = -1;
    double score = 0;
    for (int i = from; i < end; i++) {
        const place p = m->l->places[i];
        if (p.column != column) score = rounded(s->kind->score(s, user, p.column), s->kind->margin);
        column = p.column;
        offer(m, user, score, p.item);
    }
}

static void find_best(const making *m)
{
    const int n = m->l->n;
    clear(m->heaps, m->r->users * m->l->most);
    for (int from = 0; from < n; from += BLOCK) {
#pragma omp parallel for schedule(dynamic, 8)
        for (int user = m->r->begin; user < m->r->end; user++) look(m, user, from, hl_min(from + BLOCK, n));
        hl_act_tick();
    }
}

/* ---- merging */

typedef struct {
    int begin, end;
} range;

static range common(range a, range b)
{
    const range c = {hl_max(a.begin, b.begin), hl_min(a.end, b.end)};
    return c.end > c.begin ? c : (range){0, 0};
}

/* The users of the round that a rank of the group merges. */
static range merged_by(const hl_round *r, const hl_group *g, int rank)
{
    return (range){(int)hl_part_begin(r->users, g->size, rank), (int)hl_part_begin(r->users, g->size, rank + 1)};
}

/* Everyone's candidates for my users: of rank q those from in + begin[q] lists on, for the users [from[q].begin,
 * from[q].end). */
static candidate *trade(const making *m, range *from, int *in_begin)
{
    const hl_group *g = m->l->s->group;
    hl_arena *a = m->r->arena;
    const range found = {m->r->begin, m->r->end}, mine = merged_by(m->r, g, g->rank);
    int *ones = HL_TAKE(a, int, g->size), *in_count = HL_TAKE(a, int, g->size), *out_count = HL_TAKE(a, int, g->size),
        *out_begin = HL_TAKE(a, int, g->size), in = 0;
    for (int q = 0; q < g->size; q++) ones[q] = 1;
    hl_group_all_gather(g, from, &found, ones, sizeof found);
    for (int q = 0; q < g->size; q++) {
        const range out = common(found, merged_by(m->r, g, q));
        from[q] = common(from[q], mine);
        out_begin[q] = out.begin;
        out_count[q] = out.end - out.begin;
        in_begin[q] = in;
        in += in_count[q] = from[q].end - from[q].begin;
    }
    candidate *all = HL_TAKE(a, candidate, (size_t)in * (size_t)m->l->most);
    hl_group_all_to_all(g, all, in_count, in_begin, m->heaps, out_count, out_begin, (size_t)m->l->most * sizeof *all);
    return all;
}

static int best_first(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    return is_worse(x, y) ? 1 : is_worse(y, x) ? -1 : 0;
}

static void count_list(hl_lists *l, const candidate *list, int n)
{
    const size_t items = (size_t)l->s->corpus->items;
    for (int k = 0; k < l->cuts; k++)
        for (int i = 0; i < hl_min(n, l->cut[k]); i++) l->shown[(size_t)k * items + (size_t)list[i].item]++;
}

/* The list of one of my users, of what each rank has found. */
static void merge_user(const making *m, int user, const candidate *all, const range *from, const int *in_begin)
{
    const hl_group *g = m->l->s->group;
    const int most = m->l->most;
    const size_t mark = hl_arena_mark(m->r->arena);
    candidate *list = HL_TAKE(m->r->arena, candidate, (size_t)g->size * (size_t)most);
    int n = 0;
    for (int q = 0; q < g->size; q++) {
        if (user < from[q].begin || user >= from[q].end) continue;
        const candidate *theirs = all + (size_t)(in_begin[q] + user - from[q].begin) * (size_t)most;
        for (int i = 0; i < most; i++)
            if (theirs[i].item != INT32_MAX) list[n++] = theirs[i];
    }
    qsort(list, (size_t)n, sizeof *list, best_first);
    count_list(m->l, list, hl_min(n, most));
    hl_arena_back(m->r->arena, mark);
}

void hl_lists_add(hl_lists *l, const hl_round *r, const int32_t *except, const int64_t *begin)
{
    const hl_group *g = l->s->group;
    const size_t mark = hl_arena_mark(r->arena);
    const making m = {l, r, except, begin, HL_TAKE(r->arena, candidate, (size_t)r->users * (size_t)l->most)};
    range *from = HL_TAKE(r->arena, range, g->size);
    int *in_begin = HL_TAKE(r->arena, int, g->size);
    find_best(&m);
    const candidate *all = trade(&m, from, in_begin);
    const range mine = merged_by(r, g, g->rank);
    for (int user = mine.begin; user < mine.end; user++) merge_user(&m, user, all, from, in_begin);
    hl_arena_back(r->arena, mark);
}

void hl_lists_finish(hl_lists *l, hl_score *score)
{
    const hl_corpus *c = l->s->corpus;
    const size_t items = (size_t)c->items;
    int64_t *met = hl_alloc(items * sizeof *met);
    hl_popularity_count(met, l->s->group, c);
    hl_group_all_reduce_int(l->s->group, l->shown, (size_t)l->cuts * items);
    for (int k = 0; k < l->cuts; k++)
        hl_metric_note_lists(score, k, &(hl_exposure){c->items - 1, l->shown + (size_t)k * items + 1, met + 1});
    free(met);
}
