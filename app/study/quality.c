/* quality.c - what the trainings of each point have learned. */
#include "app/study/quality.h"
#include "app/study/measure.h"
#include "app/study/statistics.h"
#include "base/alloc.h"
#include "base/path.h"
#include "data/metric.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 2000, FLIPS = 10000, LONGEST_LIST = 1000000 };

/* ---- the metrics */

static hl_status no_metric(const hl_study *s, const char *text)
{
    return HL_FAIL(HL_EUSAGE,
                   "%s: metrics: \"%.60s\" is no metric of a user's target; write them as NDCG@10, Recall@200, MRR",
                   s->name, text);
}

static int ascending(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void add_cut(hl_comparison_orders *o, int cut)
{
    for (int k = 0; k < o->cuts; k++)
        if (o->cut[k] == cut) return;
    o->cut[o->cuts++] = cut;
}

/* "NDCG@10", or "MRR" of the whole list. */
static hl_status add_metric(hl_comparison_orders *o, const hl_study *s, const char *text)
{
    char name[HL_COMPARISON_COLUMN], *at, *end;
    snprintf(name, sizeof name, "%s", text);
    for (char *c = name; *c; c++) *c = (char)tolower((unsigned char)*c);
    if (o->columns == HL_COMPARISON_COLUMNS || strlen(text) >= sizeof name) return no_metric(s, text);
    snprintf(o->column[o->columns++], sizeof *o->column, "%s", name);
    if ((at = strchr(name, '@'))) *at++ = 0;
    const hl_metric *m = hl_metric_find(name);
    if (!m || !m->at_cut || (!at && !m->whole)) return no_metric(s, text);
    if (!at) return HL_OK;
    const long cut = strtol(at, &end, 10);
    if (end == at || *end || cut < 1 || cut > LONGEST_LIST) return no_metric(s, text);
    add_cut(o, (int)cut);
    return HL_OK;
}

static hl_status take_metrics(hl_comparison_orders *o, const hl_study *s)
{
    static char *usual[] = {"Recall@10", "NDCG@10"};
    const hl_names otherwise = {.at = usual, .n = 2}, *list = s->metrics.n ? &s->metrics : &otherwise;
    *o = (hl_comparison_orders){.resamples = RESAMPLES, .flips = FLIPS, .seed = (uint64_t)s->seed};
    for (int i = 0; i < list->n; i++) HL_TRY(add_metric(o, s, list->at[i]));
    if (o->cuts == 0) o->cut[o->cuts++] = 10; /* of the lists that nothing is said of */
    qsort(o->cut, (size_t)o->cuts, sizeof *o->cut, ascending);
    return HL_OK;
}

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

/* ---- means of a point, tests of all */

static void add_model(hl_comparison_orders *o, const hl_point *p, const hl_names *files)
{
    hl_comparison_model *m = &o->model[o->models++];
    *m = (hl_comparison_model){.name = hl_alloc_text(p->name)};
    for (int i = 0; i < files->n; i++) hl_names_add(&m->files, files->at[i], strlen(files->at[i]));
}

static void free_models(hl_comparison_orders *o)
{
    for (int m = 0; m < o->models; m++) {
        free(o->model[m].name);
        hl_names_free(&o->model[m].files);
    }
    o->models = 0;
}

static hl_status find_means(hl_quality *q, hl_quality_row *row, const hl_names *files)
{
    hl_comparison c;
    hl_comparison_orders *o = hl_alloc(sizeof *o);
    hl_group me;
    hl_group_alone(&me);
    *o = q->orders;
    o->models = 0;
    add_model(o, row->point, files);
    const hl_status status = hl_comparison_make(&c, &me, o);
    if (status == HL_OK) {
        row->mean = hl_alloc((size_t)o->columns * sizeof *row->mean);
        memcpy(row->mean, c.mean, (size_t)o->columns * sizeof *row->mean);
        q->users = c.users;
    }
    hl_comparison_close(&c);
    free_models(o);
    free(o);
    return status;
}

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
        add_model(&q->orders, q->at[i].point, &files[i]);
    }
    if (hl_comparison_make(&c, &me, &q->orders) == HL_OK) take_tests(q, &c, place);
    else q->no_tests = hl_alloc_text(hl_error_text());
    hl_comparison_close(&c);
}

hl_status hl_quality_read(hl_quality *q, const hl_study *s, const hl_points *p, const char *dir)
{
    hl_names *files = hl_alloc_zero((size_t)p->n + 1, sizeof *files);
    *q = (hl_quality){.at = hl_alloc_zero((size_t)p->n + 1, sizeof *q->at), .n = p->n, .first = -1};
    hl_status status = take_metrics(&q->orders, s);
    for (int i = 0; i < p->n && status == HL_OK; i++) {
        q->at[i].point = &p->at[i];
        read_runs(&q->at[i], &files[i], s, dir);
        if (files[i].n == 0) continue;
        if (q->first < 0) q->first = i;
        status = find_means(q, &q->at[i], &files[i]);
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
    hl_comparison_orders_free(&q->orders);
    *q = (hl_quality){0};
}
