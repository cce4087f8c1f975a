/* quality-csv.c - report.csv of trainings: a line a point. */
#include "app/study/quality.h"
#include "app/study/report.h"
#include "base/alloc.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdlib.h>

/* An empty field where it is not known. */
static void print_number(FILE *out, double x)
{
    fputc(',', out);
    if (isfinite(x)) fprintf(out, "%.7g", x);
}

static void print_heads(FILE *out, const hl_comparison_orders *o)
{
    fputs("point,axis,along,curve,runs,failed,missing,users,seconds", out);
    for (int k = 0; k < o->columns; k++) {
        const char *m = o->column[k];
        fprintf(out,
                ",%s,%s_low,%s_high,%s_spread,%s_difference,%s_difference_low,%s_difference_high,%s_p,%s_holm,%s_bh", m,
                m, m, m, m, m, m, m, m, m);
    }
    fputs(",tuned\n", out);
}

static void print_metric(FILE *out, const hl_quality_row *x, int k)
{
    const hl_comparison_mean none = {NAN, NAN, NAN, NAN}, *m = x->mean ? &x->mean[k] : &none;
    const hl_comparison_test *t = x->test ? &x->test[k] : NULL;
    const double fields[] = {m->mean,
                             m->low,
                             m->high,
                             m->spread,
                             t ? t->difference : (double)NAN,
                             t ? t->low : (double)NAN,
                             t ? t->high : (double)NAN,
                             t ? t->p : (double)NAN,
                             t ? t->holm : (double)NAN,
                             t ? t->benjamini_hochberg : (double)NAN};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) print_number(out, fields[i]);
}

static void print_row(FILE *out, const hl_quality *q, const hl_quality_row *x)
{
    hl_report_field(out, x->point->name);
    fputc(',', out);
    hl_report_field(out, x->point->axis ? x->point->axis : "");
    print_number(out, x->point->axis ? x->point->along : (double)NAN);
    fputc(',', out);
    hl_report_field(out, x->point->curve ? x->point->curve : "");
    fprintf(out, ",%d,%d,%d", x->runs, x->failed, x->missing);
    print_number(out, x->runs ? (double)q->users : (double)NAN);
    print_number(out, x->seconds);
    for (int k = 0; k < q->orders.columns; k++) print_metric(out, x, k);
    fputc(',', out);
    hl_report_field(out, x->point->taken ? x->point->taken->tried : "");
    fputc('\n', out);
}

hl_status hl_quality_csv(const hl_quality *q, const char *dir)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    print_heads(out, &q->orders);
    for (int i = 0; i < q->n; i++) print_row(out, q, &q->at[i]);
    fclose(out);
    hl_path(path, "%s/report.csv", dir);
    const hl_status s = hl_atomic_write(path, text, n);
    free(text);
    return s;
}
