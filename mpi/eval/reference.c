/* reference.c - what no model is needed for: popularity and chance. */
#include "mpi/eval/reference.h"
#include "mpi/eval/popularity.h"
#include <math.h>
#include <stdlib.h>

const hl_scorer_kind *const hl_references[HL_REFERENCES] = {
    &hl_reference_popularity,
    &hl_reference_chance,
};

/* ---- popularity */

/* Scores do not depend on the user, so they are sorted once. */
typedef struct {
    int64_t *times;  /* (items) how often an item occurs in the training parts */
    int64_t *sorted; /* (items - 1) the same, ascending, without the padding */
} popularity;

static int by_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void open_popularity(hl_scorer *s)
{
    const size_t items = (size_t)s->corpus->items;
    popularity *p = s->self = hl_alloc(sizeof *p);
    *p = (popularity){hl_alloc_zero(items, sizeof *p->times), hl_alloc_zero(items, sizeof *p->sorted)};
    hl_popularity_count(p->times, s->group, s->corpus);
    for (size_t i = 1; i < items; i++) p->sorted[i - 1] = p->times[i];
    qsort(p->sorted, items - 1, sizeof *p->sorted, by_times);
}

static void close_popularity(hl_scorer *s)
{
    popularity *p = s->self;
    free(p->times);
    free(p->sorted);
    free(p);
}

static double score_popularity(const hl_scorer *s, int user, int item)
{
    (void)user;
    return (double)((const popularity *)s->self)->times[item];
}

/* How many of x (n), ascending, are below most. */
static int64_t below(const int64_t *x, int64_t n, double most)
{
    int64_t from = 0;
    while (from < n) {
        const int64_t middle = from + (n - from) / 2;
        if ((double)x[middle] < most) from = middle + 1;
        else n = middle;
    }
    return from;
}

static void count_popularity(hl_scorer *s, const hl_counts *c, const hl_round *r)
{
    const popularity *p = s->self;
    const int64_t items = s->corpus->items - 1;
    for (int i = r->begin; i < r->end; i++) {
        const int64_t less = below(p->sorted, items, c->threshold[i] - c->margin),
                      up_to = below(p->sorted, items, nextafter(c->threshold[i] + c->margin, INFINITY));
        c->equal[i] += up_to - less;
        c->above[i] += items - up_to;
    }
}

const hl_scorer_kind hl_reference_popularity = {.name = "popularity",
                                                .act = "ranking users by popularity",
                                                .open = open_popularity,
                                                .close = close_popularity,
                                                .score = score_popularity,
                                                .count = count_popularity};

/* ---- chance */

static double score_chance(const hl_scorer *s, int user, int item)
{
    (void)s, (void)user, (void)item;
    return 0;
}

static void count_chance(hl_scorer *s, const hl_counts *c, const hl_round *r)
{
    for (int i = r->begin; i < r->end; i++) c->equal[i] += s->corpus->items - 1;
}

const hl_scorer_kind hl_reference_chance = {
    .name = "random", .act = "ranking users by chance", .score = score_chance, .count = count_chance};
