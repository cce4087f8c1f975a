/* quality.c - what the trainings of each point have learned. */
#include "app/study/quality.h"
#include "app/study/measure.h"
#include "app/study/study-metrics.h"
#include "app/study/statistics.h"
#include "base/alloc.h"
#include "base/path.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- runs */

static void add_run(hl_names *files, const char *dir, const hl_point *p, int repetition)
{
    char folder[PATH_MAX], path[PATH_MAX];
    hl_measure_folder(folder, dir, p, repetition);
    hl_path(path, "%s/ranks.h5", folder);
    hl_names_add(files, path, strlen(path));
}

/* files: the ranks of the runs that have a result. */
static void read_runs(hl_quality_row *row, hl_names *files, const hl_study *s, const char *dir)
{
    double *seconds = hl_alloc((size_t)s->repetitions * sizeof *seconds);
    for (int r = 1; r <= s->repetitions; r++) {
        json_t *result = hl_measure_result(dir, row->point, r);
        char *failure = result ? NULL : hl_measure_failure(dir, row->point, r);
        if (result) seconds[row->runs++] = json_number_value(json_object_get(result, "seconds"));
        if (result) add_run(files, dir, row->point, r);
        row->failed += failure != NULL;
        row->missing += !result && !failure;
        if (failure) free(row->reason), row->reason = failure;
        json_decref(result);
    }
    row->seconds = row->runs ? hl_statistics_median(seconds, row->runs) : NAN;
    free(seconds);
}

/* ---- tests */

/* place (models): the point of each model. */
static void take_tests(hl_quality *q, const hl_comparison *c, const int *place)
{
    for (int i = 0; i < c->tests; i++) {
        const hl_comparison_test *t = &c->test[i];
        hl_quality_row *row = &q->at[place[t->b == 0 ? t->a : t->b]];
        if (!row->test) row->test = hl_alloc_zero((size_t)q->orders.columns, sizeof *row->test);
        row->test[t->column] = *t;
        if (t->a != 0) continue;
        row->test[t->column].difference = -t->difference; /* the point less the first one */
        row->test[t->column].low = -t->high, row->test[t->column].high = -t->low;
    }
}

/* Of points that are of one protocol; where one is not, the reason is kept instead. */
static void find_tests(hl_quality *q, const hl_names *files)
{
    hl_comparison c;
    hl_group me;
    int place[HL_COMPARISON_MODELS], runs = 0;
    hl_group_alone(&me);
    for (int i = 0; i < q->n; i++) runs += files[i].n > 0;
    if (runs < 2) return;
    if (runs > HL_COMPARISON_MODELS) {
        q->no_tests = hl_alloc_text("there are more points than can be compared");
        return;
    }
    for (int i = 0; i < q->n; i++) {
        if (files[i].n == 0) continue;
        place[q->orders.models] = i;
        hl_study_metrics_add(&q->orders, q->at[i].point->name, &files[i]);
    }
    if (hl_comparison_make(&c, &me, &q->orders) == HL_OK) take_tests(q, &c, place);
    else q->no_tests = hl_alloc_text(hl_error_text());
    hl_comparison_close(&c);
}

/* Of a point all of whose candidates have failed, for this reason, no run can be made. */
static void note_untuned(hl_quality_row *row, const char *reason)
{
    if (!reason || row->runs) return;
    row->failed += row->missing;
    row->missing = 0;
    free(row->reason);
    row->reason = hl_alloc_text(reason);
}

static const hl_names *metrics_of(const hl_study *s)
{
    static char *usual[] = {"Recall@10", "NDCG@10"};
    static const hl_names otherwise = {.at = usual, .n = 2};
    return s->metrics.n ? &s->metrics : &otherwise;
}

hl_status hl_quality_read(hl_quality *q, const hl_study *s, hl_points *p, const char *dir)
{
    hl_names *files = hl_alloc_zero((size_t)p->n + 1, sizeof *files);
    *q = (hl_quality){.at = hl_alloc_zero((size_t)p->n + 1, sizeof *q->at), .n = p->n, .first = -1};
    hl_status status = hl_study_metrics(&q->orders, s, metrics_of(s));
    if (status == HL_OK) status = hl_tuning_read(&q->tuning, s, p, dir);
    for (int i = 0; i < p->n && status == HL_OK; i++) {
        q->at[i].point = &p->at[i];
        read_runs(&q->at[i], &files[i], s, dir);
        note_untuned(&q->at[i], hl_tuning_failure(&q->tuning, i));
        if (files[i].n == 0) continue;
        if (q->first < 0) q->first = i;
        q->at[i].mean = hl_alloc((size_t)q->orders.columns * sizeof *q->at[i].mean);
        status = hl_study_metrics_mean(q->at[i].mean, &q->users, &q->orders, p->at[i].name, &files[i]);
    }
    if (status == HL_OK) find_tests(q, files);
    for (int i = 0; i < p->n; i++) hl_names_free(&files[i]);
    free(files);
    return status;
}

void hl_quality_free(hl_quality *q)
{
    for (int i = 0; i < q->n; i++) {
        free(q->at[i].reason);
        free(q->at[i].mean);
        free(q->at[i].test);
    }
    free(q->at);
    free(q->no_tests);
    hl_tuning_free(&q->tuning);
    hl_comparison_orders_free(&q->orders);
    *q = (hl_quality){0};
}
