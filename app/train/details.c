/* details.c - what an evaluation says of users apart. */
#include "app/train/details.h"
#include "app/train/metrics.h"
#include "base/alloc.h"
#include "base/minmax.h"
#include "base/part.h"
#include "data/groups.h"
#include "data/resample.h"
#include "mpi/eval/popularity.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- metrics of groups of users */

/* The number by which each target is told from others. */
static int64_t *values_of(const hl_grouping *by, const hl_targets *t, const int64_t *met)
{
    int64_t *value = hl_alloc((size_t)(t->n + 1) * sizeof *value);
    for (int64_t i = 0; i < t->n; i++) value[i] = by->value(t, i, met);
    return value;
}

static int64_t most_of(const int64_t *value, int64_t n)
{
    int64_t most = 0;
    for (int64_t i = 0; i < n; i++) most = hl_max(most, value[i]);
    return most;
}

static void find_groups(hl_groups *g, const hl_grouping *by, const hl_config *c, const int64_t *value, int64_t n)
{
    const hl_ints *edges = &c->by_edges[by - hl_groupings];
    if (edges->n) hl_groups_by_edges(g, edges->at, edges->n, most_of(value, n));
    else hl_groups_by_quantiles(g, value, n, c->by_groups);
}

/* {"from", "to", "users", metrics}, in the order of the users, so that the bits depend on nothing else. */
static json_t *group_json(const hl_job *j, const hl_targets *t, const int64_t *value, int64_t from, int64_t to)
{
    const hl_eval_orders orders = hl_evaluation_orders(j->config, t->phase);
    const hl_user_ranks *ranks = &j->ranks[t->phase];
    hl_score s = hl_score_at(orders.cut, orders.cuts);
    for (int64_t i = 0; i < t->n; i++) {
        const int64_t user = hl_targets_user(t, i);
        if (value[i] >= from && value[i] <= to) hl_score_add(&s, ranks->rank[user], ranks->ties[user]);
    }
    json_t *o = hl_metrics_json(j->config, &(hl_metrics){.score = &s});
    json_object_set_new(o, "from", json_integer(from));
    json_object_set_new(o, "to", json_integer(to));
    json_object_set_new(o, "users", json_integer(s.users));
    return o;
}

static json_t *grouping_json(const hl_job *j, const hl_targets *t, const hl_grouping *by, const int64_t *met)
{
    hl_groups g;
    json_t *list = json_array();
    int64_t *value = values_of(by, t, met);
    find_groups(&g, by, j->config, value, t->n);
    for (int k = 0; k < g.n; k++) json_array_append_new(list, group_json(j, t, value, g.from[k], g.to[k]));
    free(value);
    return list;
}

/* {"popularity": [group, ...], ...}. */
static json_t *by_json(const hl_job *j, const hl_targets *t)
{
    const hl_corpus *corpus = t->corpus;
    int64_t *met = hl_alloc((size_t)corpus->items * sizeof *met);
    json_t *o = json_object();
    hl_popularity_count(met, j->world, corpus);
    for (int i = 0; i < j->config->by.n; i++)
        json_object_set_new(o, j->config->by.at[i], grouping_json(j, t, hl_grouping_find(j->config->by.at[i]), met));
    free(met);
    return o;
}

/* ---- intervals of the metrics */

enum { RESAMPLES = 2000 };

/* The metrics of each user (n, S), by the names of `columns`. */
static double *values_of_users(const hl_job *j, const hl_targets *t, json_t *columns)
{
    const hl_eval_orders orders = hl_evaluation_orders(j->config, t->phase);
    const hl_user_ranks *ranks = &j->ranks[t->phase];
    const size_t S = json_object_size(columns);
    double *x = hl_alloc(((size_t)t->n * S + 1) * sizeof *x), *at = x;
    for (int64_t i = 0; i < t->n; i++) {
        const int64_t user = hl_targets_user(t, i);
        const char *name;
        json_t *value;
        hl_score s = hl_score_at(orders.cut, orders.cuts);
        hl_score_add(&s, ranks->rank[user], ranks->ties[user]);
        json_object_foreach(columns, name, value) *at++ = hl_metrics_value(&s, name);
    }
    return x;
}

/* The ranks share the resamples; zeros of the others change nothing. */
static double *resample(const hl_job *j, const double *x, int64_t users, int S)
{
    const hl_group *g = j->world;
    double *means = hl_alloc_zero((size_t)RESAMPLES * (size_t)S, sizeof *means);
    const int first = (int)hl_part_begin(RESAMPLES, g->size, g->rank),
              n = (int)hl_part_count(RESAMPLES, g->size, g->rank);
    hl_resample_means(means + (size_t)first * (size_t)S, x, users, S, (uint64_t)j->config->seed, first, n);
    hl_group_all_reduce_double(g, means, (size_t)RESAMPLES * (size_t)S);
    return means;
}

/* {"recall@10": [low, high], ...}; of no user there are none. */
static json_t *intervals_json(const hl_job *j, const hl_targets *t)
{
    const hl_eval_orders orders = hl_evaluation_orders(j->config, t->phase);
    const hl_score none = hl_score_at(orders.cut, orders.cuts);
    json_t *columns = hl_metrics_json(j->config, &(hl_metrics){.score = &none}), *o = json_object(), *value;
    const int S = (int)json_object_size(columns);
    const char *name;
    double *x = values_of_users(j, t, columns), *means = t->n > 0 ? resample(j, x, t->n, S) : NULL, at[RESAMPLES];
    int s = 0;
    json_object_foreach(columns, name, value)
    {
        for (int b = 0; b < RESAMPLES && means; b++) at[b] = means[b * S + s];
        const hl_interval v = means ? hl_resample_interval(at, RESAMPLES) : (hl_interval){0, 0};
        if (means) json_object_set_new(o, name, json_pack("[f, f]", v.low, v.high));
        s++;
    }
    free(x);
    free(means);
    json_decref(columns);
    return o;
}

void hl_details_prepare(hl_job *j, hl_phase phase)
{
    if (hl_user_ranks_are_wanted(j->config) && !j->ranks[phase].rank)
        hl_user_ranks_open(&j->ranks[phase], hl_dataset_corpus(j->data)->users);
}

void hl_details_make(hl_job *j, hl_phase phase)
{
    hl_targets t;
    json_decref(j->details);
    j->details = NULL;
    if (!j->ranks[phase].rank || !hl_user_ranks_are_wanted(j->config)) return;
    hl_targets_open(&t, hl_dataset_corpus(j->data), phase);
    j->details = json_object();
    if (j->config->by.n) json_object_set_new(j->details, "by", by_json(j, &t));
    if (j->config->intervals) json_object_set_new(j->details, "intervals", intervals_json(j, &t));
    hl_targets_close(&t);
}

/* ---- for people */

static void print_groups(const hl_job *j, const char *name, const json_t *list)
{
    const json_t *g;
    size_t i;
    char title[90];
    snprintf(title, sizeof title, "by %s", name);
    hl_metrics_print_names(j->config, title);
    json_array_foreach((json_t *)(uintptr_t)list, i, g)
    {
        snprintf(title, sizeof title, "%lld..%lld: %lld users",
                 (long long)json_integer_value(json_object_get(g, "from")),
                 (long long)json_integer_value(json_object_get(g, "to")),
                 (long long)json_integer_value(json_object_get(g, "users")));
        hl_metrics_print(j->config, &(hl_metrics){.title = title, .json = g});
    }
    printf("%s: %s\n", name, hl_grouping_find(name)->what);
}

static void print_intervals(const json_t *intervals)
{
    const char *name;
    const json_t *v;
    json_object_foreach((json_t *)(uintptr_t)intervals, name, v) printf(
        "%-18s [%.4f, %.4f]\n", name, json_real_value(json_array_get(v, 0)), json_real_value(json_array_get(v, 1)));
    printf("95 %% bootstrap intervals over the users, of %d resamples\n", RESAMPLES);
}

void hl_details_print(const hl_job *j)
{
    const char *name;
    json_t *list;
    json_object_foreach(json_object_get(j->details, "by"), name, list) print_groups(j, name, list);
    if (j->config->intervals) print_intervals(json_object_get(j->details, "intervals"));
    fflush(stdout);
}
