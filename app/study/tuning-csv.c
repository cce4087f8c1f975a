/* tuning-csv.c - report-tuning.csv: a line a candidate. */
#include "app/study/report.h"
#include "app/study/tuning.h"
#include "base/alloc.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdlib.h>

static void print_number(FILE *out, double x)
{
    fputc(',', out);
    if (isfinite(x)) fprintf(out, "%.7g", x);
}

static void print_row(FILE *out, const hl_tuning_row *row, const hl_points *p)
{
    const hl_point *of = &p->at[row->candidate->of];
    hl_report_field(out, of->name);
    fputc(',', out);
    hl_report_field(out, row->candidate->tried);
    fprintf(out, ",%d,", of->taken == row->candidate);
    hl_report_field(out, row->candidate->at_end ? row->candidate->at_end : "");
    print_number(out, row->mean.mean);
    print_number(out, row->mean.low);
    print_number(out, row->mean.high);
    print_number(out, row->seconds);
    fputc(',', out);
    hl_report_field(out, row->reason ? row->reason : row->is_open ? "not run" : "");
    fputc('\n', out);
}

hl_status hl_tuning_csv(const hl_tuning *t, const hl_points *p, const char *dir)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    if (!t->n) return HL_OK;
    const char *m = t->orders.column[0];
    FILE *out = hl_alloc_stream(&text, &n);
    fprintf(out, "point,candidate,taken,at_end,valid_%s,valid_%s_low,valid_%s_high,seconds,reason\n", m, m, m);
    for (int k = 0; k < t->n; k++) print_row(out, &t->at[k], p);
    fclose(out);
    hl_path(path, "%s/report-tuning.csv", dir);
    const hl_status s = hl_atomic_write(path, text, n);
    free(text);
    return s;
}
