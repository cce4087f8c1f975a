/* report-plot.c - report.svg and report.pdf: four pictures of a study, by gnuplot.
 *
 * The script, report.gnuplot, has the numbers in it, so that it can be changed and drawn again: gnuplot report.gnuplot
 * prints the picture as SVG, gnuplot -e pdf=1 report.gnuplot as PDF.  Texts of the study stand in single quotes, where
 * gnuplot looks for nothing but a quote. */
#include "app/study/report.h"
#include "base/arena.h"
#include "base/path.h"
#include "app/study/picture.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is drawn */

/* Lines of one series: the points that have runs, by size: nodes or cores. */
typedef struct {
    const hl_outcome **at;
    int n;
} line;

static int by_size(const void *a, const void *b)
{
    const hl_outcome *x = *(const hl_outcome *const *)a, *y = *(const hl_outcome *const *)b;
    return x->size != y->size ? (x->size > y->size) - (x->size < y->size) : (x > y) - (x < y);
}

static const char *series_of(const hl_outcomes *o, int i) { return o->at[i].point->series; }

static line line_of(const hl_outcomes *o, int first)
{
    line l = {.at = hl_alloc((size_t)o->n * sizeof *l.at)};
    for (int i = first; i < o->n; i++)
        if (o->at[i].runs && strcmp(series_of(o, i), series_of(o, first)) == 0) l.at[l.n++] = &o->at[i];
    qsort(l.at, (size_t)l.n, sizeof *l.at, by_size);
    return l;
}

/* ---- the script */

/* One run has no interval: its ends are the number itself. */
static double or_else(double x, double otherwise) { return isfinite(x) ? x : otherwise; }

static void print_line(FILE *out, const line *l, int number)
{
    fprintf(out,
            "# nodes or cores, GFLOP/s a core with low and high, seconds with low and high, speed-up, ideal\n$line%d "
            "<< END\n",
            number);
    for (int i = 0; i < l->n; i++) {
        const hl_outcome *x = l->at[i];
        const double rate = x->figure[HL_OUTCOME_CORE_RATE], seconds = x->figure[HL_OUTCOME_SECONDS];
        fprintf(out, "%d %.7g %.7g %.7g %.7g %.7g %.7g %.7g %.7g\n", x->size, rate, or_else(x->rate.low, rate),
                or_else(x->rate.high, rate), seconds, or_else(x->seconds.low, seconds),
                or_else(x->seconds.high, seconds), x->speedup, x->ideal);
    }
    fputs("END\n", out);
}

static int print_lines(FILE *out, const hl_outcomes *o)
{
    int lines = 0;
    for (int i = 0; i < o->n; i++) {
        if (!hl_outcomes_begins(o, i)) continue;
        line l = line_of(o, i);
        print_line(out, &l, lines++);
        free(l.at);
    }
    return lines;
}

static void print_shares(FILE *out, const hl_outcomes *o)
{
    fputs("# point, shares of a step: compute, exchange, optimizer, rest\n$shares << END\n", out);
    for (int i = 0; i < o->n; i++) {
        const hl_outcome *x = &o->at[i];
        if (!x->runs) continue;
        hl_picture_label(out, x->point->name);
        for (int f = HL_OUTCOME_COMPUTE; f <= HL_OUTCOME_REST; f++) fprintf(out, " %.5g", x->figure[f]);
        fputc('\n', out);
    }
    fputs("END\n", out);
}

/* A curve of every series, by columns of its table. */
static void print_curves(FILE *out, const hl_outcomes *o, const char *columns, const char *with)
{
    int number = 0;
    for (int i = 0; i < o->n; i++) {
        if (!hl_outcomes_begins(o, i)) continue;
        fprintf(out, "%s$line%d using %s with %s lt %d pt 7 ps 0.6 title ", number ? ", " : "", number, columns, with,
                number + 1);
        hl_picture_text(out, *series_of(o, i) ? series_of(o, i) : "measured");
        number++;
    }
}

static void print_ideals(FILE *out, int lines)
{
    for (int k = 0; k < lines; k++)
        fprintf(out, ", $line%d using 1:9 with lines dt 2 lc rgb 'gray40' %s", k, k ? "notitle" : "title 'ideal'");
    fputc('\n', out);
}

/* Do all points that have runs have one size?  Then there is nothing to draw along sizes. */
static bool has_one_size(const hl_outcomes *o)
{
    int size = 0;
    for (int i = 0; i < o->n; i++) {
        if (o->at[i].runs && size && o->at[i].size != size) return false;
        if (o->at[i].runs) size = o->at[i].size;
    }
    return true;
}

static void print_points(FILE *out, const hl_outcomes *o)
{
    fputs("# point, GFLOP/s a core with low and high, seconds with low and high, users/s\n$points << END\n", out);
    for (int i = 0; i < o->n; i++) {
        const hl_outcome *x = &o->at[i];
        const double rate = x->figure[HL_OUTCOME_CORE_RATE], seconds = x->figure[HL_OUTCOME_SECONDS];
        if (!x->runs) continue;
        hl_picture_label(out, x->point->name);
        fprintf(out, " %.7g %.7g %.7g %.7g %.7g %.7g %.7g\n", rate, or_else(x->rate.low, rate),
                or_else(x->rate.high, rate), seconds, or_else(x->seconds.low, seconds),
                or_else(x->seconds.high, seconds), x->figure[HL_OUTCOME_USERS_RATE]);
    }
    fputs("END\n", out);
}

static int points_with_runs(const hl_outcomes *o)
{
    int n = 0;
    for (int i = 0; i < o->n; i++) n += o->at[i].runs > 0;
    return n;
}

/* Names below a picture: they lie across each other where there are many. */
static void print_names(FILE *out, const hl_outcomes *o)
{
    const bool is_many = points_with_runs(o) > 10;
    fprintf(out, "set xtics rotate by %d font ',%d'\n", is_many ? -90 : -30, is_many ? 7 : 9);
}

static void print_along_points(FILE *out, const hl_outcomes *o)
{
    print_names(out, o);
    fputs("set grid; set offsets 0.5, 0.5, graph 0.05, 0; set yrange [0:*]\nset title 'executed GFLOP/s a core'\n"
          "plot $points using 0:2:3:4:xtic(1) with yerrorbars lt 1 pt 7 ps 0.6 notitle\n"
          "set title 'users a second'\nplot $points using 0:8:xtic(1) with points lt 1 pt 7 ps 0.6 notitle\n"
          "set title 'seconds of a step'\n"
          "plot $points using 0:5:6:7:xtic(1) with yerrorbars lt 1 pt 7 ps 0.6 notitle\n",
          out);
}

static void print_along_sizes(FILE *out, const hl_outcomes *o, int lines)
{
    fprintf(out,
            "set grid; set xlabel '%ss'; set logscale x 2; set offsets graph 0.05, graph 0.05, graph 0.05, 0\n"
            "set key left bottom\nset yrange [0:*]; set title 'executed GFLOP/s a core'\nplot ",
            o->unit);
    print_curves(out, o, "1:2:3:4", "yerrorlines");
    fputs("\nset key left top\nset title 'speed-up in users a second'\nplot ", out);
    print_curves(out, o, "1:8", "linespoints");
    print_ideals(out, lines);
    fputs("set key right top\nset title 'seconds of a step'\nplot ", out);
    print_curves(out, o, "1:5:6:7", "yerrorlines");
    fputs("\nunset logscale; unset xlabel\n", out);
}

static void print_pictures(FILE *out, const hl_outcomes *o, const hl_study *s, int lines)
{
    fputs("if (exists('pdf')) { set terminal pdfcairo size 11in,9in noenhanced font 'sans,12' } else { "
          "set terminal svg size 1100,900 noenhanced font 'sans,12' background rgb 'white' }\n"
          "set multiplot layout 2,2 margins 0.08,0.97,0.12,0.9 spacing 0.09,0.17 title ",
          out);
    hl_picture_text(out, s->name);
    fputc('\n', out);
    if (has_one_size(o)) print_along_points(out, o);
    else print_along_sizes(out, o, lines);
    print_names(out, o);
    fputs("set offsets; set yrange [0:1.2]; set ytics 0,0.2,1; set title 'where the time of a step goes'\n"
          "set style data histograms; set style histogram rowstacked; set style fill solid 0.8; set boxwidth 0.7\n"
          "set key inside top center horizontal maxrows 1 samplen 1 width -2 font ',10'\n"
          "plot $shares using 2:xtic(1) lt 1 title 'compute', '' using 3 lt 2 title 'exchange and waiting', "
          "'' using 4 lt 4 title 'optimizer', '' using 5 lt 7 title 'rest'\n"
          "unset multiplot\n",
          out);
}

static hl_status write_script(const hl_outcomes *o, const hl_study *s, const char *path)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    int lines = print_lines(out, o);
    print_points(out, o);
    print_shares(out, o);
    print_pictures(out, o, s, lines);
    fclose(out);
    hl_status status = hl_atomic_write(path, text, n);
    free(text);
    return status;
}

/* ---- drawing */

static bool has_runs(const hl_outcomes *o)
{
    for (int i = 0; i < o->n; i++)
        if (o->at[i].runs) return true;
    return false;
}

hl_status hl_report_plot(const hl_outcomes *o, const hl_study *s, const char *dir)
{
    char script[PATH_MAX];
    hl_path(script, "%s/report.gnuplot", dir);
    hl_picture_forget(dir);
    if (!has_runs(o)) return HL_OK;
    HL_TRY(write_script(o, s, script));
    return hl_picture_draw(dir, script);
}
