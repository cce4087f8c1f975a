/* quality-plot.c - report.svg and report.pdf of trainings: each metric along the axis, or point by point. */
#include "app/study/picture.h"
#include "app/study/quality.h"
#include "base/alloc.h"
#include "base/minmax.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PANELS = 4, WIDE_RANGE = 8 };

/* Is it on a curve, among the points that have an axis and runs? */
static bool is_drawn(const hl_quality_row *x) { return x->mean && x->point->axis; }

static bool begins_curve(const hl_quality *q, int i)
{
    for (int k = 0; k < i; k++)
        if (is_drawn(&q->at[k]) && strcmp(q->at[k].point->curve, q->at[i].point->curve) == 0) return false;
    return is_drawn(&q->at[i]);
}

/* Points have several values of the axis? */
static bool has_axis(const hl_quality *q)
{
    const hl_quality_row *first = NULL;
    for (int i = 0; i < q->n; i++) {
        if (is_drawn(&q->at[i]) && first && first->point->along != q->at[i].point->along) return true;
        if (is_drawn(&q->at[i])) first = &q->at[i];
    }
    return false;
}

static void print_metrics(FILE *out, const hl_quality *q, const hl_quality_row *x)
{
    for (int k = 0; k < q->orders.columns; k++)
        fprintf(out, " %.7g %.7g %.7g", x->mean[k].mean, x->mean[k].low, x->mean[k].high);
    fputc('\n', out);
}

static int by_axis(const void *a, const void *b)
{
    const double x = (*(const hl_quality_row *const *)a)->point->along,
                 y = (*(const hl_quality_row *const *)b)->point->along;
    return (x > y) - (x < y);
}

/* The table of a curve, in the order of the axis. */
static void print_curve(FILE *out, const hl_quality *q, int first, int number)
{
    const hl_quality_row **at = hl_alloc((size_t)q->n * sizeof *at);
    int n = 0;
    for (int i = first; i < q->n; i++)
        if (is_drawn(&q->at[i]) && strcmp(q->at[i].point->curve, q->at[first].point->curve) == 0) at[n++] = &q->at[i];
    qsort(at, (size_t)n, sizeof *at, by_axis);
    fprintf(out, "$curve%d << END\n", number);
    for (int i = 0; i < n; i++) {
        fprintf(out, "%.9g", at[i]->point->along);
        print_metrics(out, q, at[i]);
    }
    fputs("END\n", out);
    free(at);
}

static void print_tables(FILE *out, const hl_quality *q)
{
    int curves = 0;
    fputs("# value of the axis, or name of the point; of each metric mean, low, high\n", out);
    for (int i = 0; i < q->n; i++)
        if (begins_curve(q, i)) print_curve(out, q, i, curves++);
    fputs("$points << END\n", out);
    for (int i = 0; i < q->n; i++) {
        if (!q->at[i].mean) continue;
        hl_picture_label(out, q->at[i].point->name);
        print_metrics(out, q, &q->at[i]);
    }
    fputs("END\n", out);
}

static void print_curves(FILE *out, const hl_quality *q, int metric)
{
    int curves = 0;
    fputs("plot ", out);
    for (int i = 0; i < q->n; i++) {
        if (!begins_curve(q, i)) continue;
        const char *curve = q->at[i].point->curve;
        fprintf(out, "%s$curve%d using 1:%d:%d:%d with yerrorlines lt %d pt 7 ps 0.6 ", curves ? ", " : "", curves,
                2 + 3 * metric, 3 + 3 * metric, 4 + 3 * metric, curves + 1);
        fputs(*curve ? "title " : "notitle", out);
        if (*curve) hl_picture_text(out, curve);
        curves++;
    }
    fputc('\n', out);
}

static void print_axis(FILE *out, const hl_quality *q)
{
    double least = INFINITY, most = 0;
    const char *axis = "";
    for (int i = 0; i < q->n; i++) {
        if (!is_drawn(&q->at[i])) continue;
        least = hl_min(least, q->at[i].point->along), most = hl_max(most, q->at[i].point->along);
        axis = q->at[i].point->axis;
    }
    if (least > 0 && most >= WIDE_RANGE * least) fputs("set logscale x 2\n", out);
    fputs("set offsets graph 0.05, graph 0.05, graph 0.05, 0\nset key bottom right\nset xlabel ", out);
    hl_picture_text(out, axis);
    fputc('\n', out);
}

static void print_pictures(FILE *out, const hl_quality *q, const hl_study *s)
{
    const int panels = hl_min(q->orders.columns, (int)MOST_PANELS), wide = panels > 1 ? 2 : 1, high = (panels + 1) / 2;
    const bool along = has_axis(q);
    fprintf(out,
            "if (exists('pdf')) { set terminal pdfcairo size 11in,%din noenhanced font 'sans,12' } else { "
            "set terminal svg size 1100,%d noenhanced font 'sans,12' background rgb 'white' }\n"
            "set multiplot layout %d,%d title ",
            1 + 4 * high, 100 + 400 * high, high, wide);
    hl_picture_text(out, s->name);
    fputs("\nset grid\n", out);
    if (along) print_axis(out, q);
    else fputs("set xtics rotate by -30 font ',9'\nset offsets 0.5, 0.5, graph 0.05, 0\n", out);
    for (int k = 0; k < panels; k++) {
        fputs("set title ", out);
        hl_picture_text(out, q->orders.column[k]);
        fputc('\n', out);
        if (along) print_curves(out, q, k);
        else
            fprintf(out, "plot $points using 0:%d:%d:%d:xtic(1) with yerrorbars lt 1 pt 7 ps 0.6 notitle\n", 2 + 3 * k,
                    3 + 3 * k, 4 + 3 * k);
    }
    fputs("unset multiplot\n", out);
}

hl_status hl_quality_plot(const hl_quality *q, const hl_study *s, const char *dir)
{
    char script[PATH_MAX], *text = NULL;
    size_t n;
    hl_picture_forget(dir);
    if (q->first < 0) return HL_OK;
    FILE *out = hl_alloc_stream(&text, &n);
    print_tables(out, q);
    print_pictures(out, q, s);
    fclose(out);
    hl_path(script, "%s/report.gnuplot", dir);
    const hl_status status = hl_atomic_write(script, text, n);
    free(text);
    HL_TRY(status);
    return hl_picture_draw(dir, script);
}
