/* metric.c - the table of metrics. */
#include "data/metric.h"
#include "base/alloc.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- of the place of a target */

static double recall(const hl_gains *g, int k, int cut)
{
    (void)cut;
    return g->recall[k];
}

static double precision(const hl_gains *g, int k, int cut) { return g->recall[k] / cut; }

static double ndcg(const hl_gains *g, int k, int cut)
{
    (void)cut;
    return g->ndcg[k];
}

static double mrr(const hl_gains *g, int k, int cut)
{
    (void)cut;
    return g->mrr_at[k];
}

static double mrr_whole(const hl_gains *g) { return g->mrr; }

/* ---- of all lists */

static double coverage(const hl_exposure *e)
{
    int64_t covered = 0;
    for (int64_t i = 0; i < e->items; i++) covered += e->shown[i] > 0;
    return (double)covered / (double)e->items;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* sum (2 i - n - 1) x_i / (n sum x_i), x ascending, i from 1 to n. */
static double gini(const hl_exposure *e)
{
    const size_t n = (size_t)e->items;
    int64_t *x = hl_alloc(n * sizeof *x);
    double all = 0, sum = 0;
    memcpy(x, e->shown, n * sizeof *x);
    qsort(x, n, sizeof *x, ascending);
    for (size_t i = 0; i < n; i++) {
        all += (double)x[i];
        sum += (2 * (double)(i + 1) - (double)n - 1) * (double)x[i];
    }
    free(x);
    return all > 0 ? sum / (all * (double)n) : 0;
}

static double popularity(const hl_exposure *e)
{
    double all = 0, sum = 0;
    for (int64_t i = 0; i < e->items; i++) {
        all += (double)e->shown[i];
        sum += (double)e->shown[i] * (double)e->met[i];
    }
    return all > 0 ? sum / all : 0;
}

const hl_metric hl_metric_table[] = {
    {"recall", recall, .is_share = true},       /* is the target among the first K? */
    {"hit", recall, .is_share = true},          /* is any target?  There is one */
    {"precision", precision, .is_share = true}, /* share of the first K that are targets: recall / K */
    {"ndcg", ndcg, .is_share = true},           /* 1 / log2(place + 1), where it is among the first K */
    {"mrr", mrr, mrr_whole, .is_share = true},  /* 1 / place, where it is among the first K */
    {"map", mrr, .is_share = true}, /* mean of the precisions at the places of targets, of which there is one */
    {"itemcoverage", .of_lists = coverage, .is_share = true}, /* items of the catalogue that are in some list */
    {"giniindex", .of_lists = gini, .is_share = true},        /* 0: all are in as many lists; 1: always the same few */
    {"averagepopularity", .of_lists = popularity}, /* mean of how often what is in the lists occurs in training */
};
const int hl_metric_table_n = sizeof hl_metric_table / sizeof hl_metric_table[0];
_Static_assert(sizeof hl_metric_table / sizeof hl_metric_table[0] <= HL_METRICS_MOST, "a score has room for each");

const hl_metric *hl_metric_find(const char *name)
{
    for (int i = 0; i < hl_metric_table_n; i++)
        if (strcmp(hl_metric_table[i].name, name) == 0) return &hl_metric_table[i];
    return NULL;
}

void hl_metric_note_lists(hl_score *s, int k, const hl_exposure *e)
{
    s->has_lists = true;
    for (int m = 0; m < hl_metric_table_n; m++)
        if (hl_metric_table[m].of_lists) s->list[m][k] = hl_metric_table[m].of_lists(e);
}

double hl_metric_value(const hl_score *s, hl_ties ties, const char *name, int cut)
{
    const hl_gains *g = &s->gains[ties];
    const double users = (double)(s->users ? s->users : 1);
    const hl_metric *m = hl_metric_find(name);
    if (!m || (m->of_lists && !(s->has_lists && ties == HL_TIES_RANDOM))) return NAN;
    if (cut == 0) return m->whole ? m->whole(g) / users : NAN;
    for (int k = 0; k < s->cuts; k++)
        if (s->cut[k] == cut) return m->of_lists ? s->list[m - hl_metric_table][k] : m->at_cut(g, k, cut) / users;
    return NAN;
}
