/* groups.c - users apart. */
#include "data/groups.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/minmax.h"
#include <stdlib.h>
#include <string.h>

/* ---- the groupings */

static int64_t popularity(const hl_targets *t, int64_t i, const int64_t *met)
{
    const int32_t *history;
    int n;
    return met[hl_targets_at(t, i, &history, &n)];
}

static int64_t length(const hl_targets *t, int64_t i, const int64_t *met)
{
    const int32_t *history;
    int n;
    (void)met;
    hl_targets_at(t, i, &history, &n);
    return n;
}

const hl_grouping hl_groupings[HL_GROUPINGS] = {
    [HL_BY_POPULARITY] = {"popularity", "how often the target occurs in training", popularity},
    [HL_BY_LENGTH] = {"length", "items of the history", length},
};

const hl_grouping *hl_grouping_find(const char *name)
{
    for (int i = 0; i < HL_GROUPINGS; i++)
        if (strcmp(hl_groupings[i].name, name) == 0) return &hl_groupings[i];
    return NULL;
}

/* ---- the groups of one */

static void add(hl_groups *g, int64_t from, int64_t to)
{
    HL_CHECK(g->n < HL_GROUPS_MOST);
    g->from[g->n] = from;
    g->to[g->n++] = to;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* A group ends with the last of the values that are equal to the one at which its share of all is full. */
void hl_groups_by_quantiles(hl_groups *g, const int64_t *value, int64_t n, int groups)
{
    int64_t *sorted = hl_alloc((size_t)(n + 1) * sizeof *sorted), begin = 0;
    memcpy(sorted, value, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    g->n = 0;
    for (int k = 1; k <= groups && begin < n; k++) {
        int64_t end = hl_max(n * k / groups, begin + 1);
        while (end < n && sorted[end] == sorted[end - 1]) end++;
        add(g, sorted[begin], sorted[end - 1]);
        begin = end;
    }
    free(sorted);
}

void hl_groups_by_edges(hl_groups *g, const int *edge, int n, int64_t most)
{
    g->n = 0;
    for (int k = 0; k <= n; k++) {
        const int64_t from = k > 0 ? edge[k - 1] : 0, to = k < n ? edge[k] - (int64_t)1 : most;
        if (to >= from) add(g, from, to);
    }
}

int hl_groups_find(const hl_groups *g, int64_t value)
{
    for (int k = 0; k < g->n; k++)
        if (value >= g->from[k] && value <= g->to[k]) return k;
    return -1;
}
