/* tuning.c - how the candidates of each point did on validation, and which of them is taken. */
#include "app/study/tuning.h"
#include "app/study/measure.h"
#include "app/study/study-metrics.h"
#include "base/alloc.h"
#include "base/path.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which metric */

const char *hl_tuning_metric(const hl_study *s)
{
    if (s->tune.metric.n) return s->tune.metric.at[0];
    return s->metrics.n ? s->metrics.at[0] : "NDCG@10";
}

static hl_status find_metric(hl_comparison_orders *o, const hl_study *s)
{
    hl_names one = {0};
    hl_names_add(&one, hl_tuning_metric(s), strlen(hl_tuning_metric(s)));
    const hl_status status = hl_study_metrics(o, s, &one);
    hl_names_free(&one);
    return status;
}

hl_status hl_tuning_check(const hl_study *s)
{
    hl_comparison_orders *o = hl_alloc(sizeof *o);
    const hl_status status = find_metric(o, s);
    hl_comparison_orders_free(o);
    free(o);
    return status;
}

/* ---- results */

static hl_status read_mean(hl_tuning *t, hl_tuning_row *row, const char *dir)
{
    char folder[PATH_MAX], path[PATH_MAX];
    hl_names files = {0};
    hl_measure_folder(folder, dir, row->candidate, 1);
    hl_path(path, "%s/ranks.h5", folder);
    hl_names_add(&files, path, strlen(path));
    const hl_status status = hl_study_metrics_mean(&row->mean, &t->users, &t->orders, row->candidate->name, &files);
    hl_names_free(&files);
    return status;
}

static hl_status read_row(hl_tuning *t, hl_tuning_row *row, const char *dir)
{
    json_t *result = hl_measure_result(dir, row->candidate, 1);
    row->mean = (hl_comparison_mean){NAN, NAN, NAN, NAN};
    row->seconds = result ? json_number_value(json_object_get(result, "seconds")) : (double)NAN;
    row->reason = result ? NULL : hl_measure_failure(dir, row->candidate, 1);
    row->is_open = !result && !row->reason;
    json_decref(result);
    return isnan(row->seconds) ? HL_OK : read_mean(t, row, dir);
}

/* ---- the choice */

static void choose(const hl_tuning *t, hl_points *p, int i)
{
    const hl_tuning_row *best = NULL;
    bool is_open = false;
    for (int k = 0; k < t->n; k++) {
        const hl_tuning_row *row = &t->at[k];
        if (row->candidate->of != i) continue;
        is_open |= row->is_open;
        if (!isnan(row->mean.mean) && (!best || row->mean.mean > best->mean.mean)) best = row;
    }
    p->at[i].taken = best && !is_open ? best->candidate : NULL;
}

hl_status hl_tuning_read(hl_tuning *t, const hl_study *s, hl_points *p, const char *dir)
{
    const hl_points *c = p->candidates;
    *t = (hl_tuning){0};
    if (!c) return HL_OK;
    t->at = hl_alloc_zero((size_t)c->n + 1, sizeof *t->at);
    HL_TRY(find_metric(&t->orders, s));
    for (; t->n < c->n; t->n++) {
        t->at[t->n].candidate = &c->at[t->n];
        const hl_status status = read_row(t, &t->at[t->n], dir);
        if (status != HL_OK) return t->n++, status;
    }
    for (int i = 0; i < p->n; i++) choose(t, p, i);
    return HL_OK;
}

hl_status hl_tuning_settle(const hl_study *s, hl_points *p, const char *dir)
{
    hl_tuning *t = hl_alloc(sizeof *t);
    const hl_status status = hl_tuning_read(t, s, p, dir);
    hl_tuning_free(t);
    free(t);
    return status;
}

const char *hl_tuning_failure(const hl_tuning *t, int i)
{
    const char *reason = NULL;
    for (int k = 0; k < t->n; k++) {
        if (t->at[k].candidate->of != i) continue;
        if (!t->at[k].reason) return NULL;
        reason = t->at[k].reason;
    }
    return reason;
}

void hl_tuning_free(hl_tuning *t)
{
    for (int k = 0; k < t->n; k++) free(t->at[k].reason);
    free(t->at);
    hl_comparison_orders_free(&t->orders);
    *t = (hl_tuning){0};
}
