/* study-metrics.c - which metrics of users a study asks for, and their means of one point. */
#include "app/study/study-metrics.h"
#include "base/alloc.h"
#include "data/metric.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 2000, FLIPS = 10000, LONGEST_LIST = 1000000 };

/* ---- which */

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

hl_status hl_study_metrics(hl_comparison_orders *o, const hl_study *s, const hl_names *list)
{
    *o = (hl_comparison_orders){.resamples = RESAMPLES, .flips = FLIPS, .seed = (uint64_t)s->seed};
    for (int i = 0; i < list->n; i++) HL_TRY(add_metric(o, s, list->at[i]));
    if (o->cuts == 0) o->cut[o->cuts++] = 10; /* of the lists that nothing is said of */
    qsort(o->cut, (size_t)o->cuts, sizeof *o->cut, ascending);
    return HL_OK;
}

/* ---- means */

void hl_study_metrics_add(hl_comparison_orders *o, const char *name, const hl_names *files)
{
    hl_comparison_model *m = &o->model[o->models++];
    *m = (hl_comparison_model){.name = hl_alloc_text(name)};
    for (int i = 0; i < files->n; i++) hl_names_add(&m->files, files->at[i], strlen(files->at[i]));
}

hl_status hl_study_metrics_mean(hl_comparison_mean *mean, int64_t *users, const hl_comparison_orders *o,
                                const char *name, const hl_names *files)
{
    hl_comparison c;
    hl_comparison_orders *its = hl_alloc(sizeof *its);
    hl_group me;
    hl_group_alone(&me);
    *its = *o;
    its->models = 0;
    hl_study_metrics_add(its, name, files);
    const hl_status status = hl_comparison_make(&c, &me, its);
    if (status == HL_OK) {
        memcpy(mean, c.mean, (size_t)o->columns * sizeof *mean);
        *users = c.users;
    }
    hl_comparison_close(&c);
    hl_comparison_orders_free(its);
    free(its);
    return status;
}
