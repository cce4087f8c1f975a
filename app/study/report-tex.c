/* report-tex.c - report.tex: the table of a report for a paper, by \input.
 *
 * Two tables one above the other fit the width of a page: what was measured, and what follows beside another point.
 * Rules are \toprule, \midrule and \bottomrule: those of booktabs where the paper uses it, else plain lines. */
#include "app/study/report.h"
#include "base/arena.h"
#include "base/minmax.h"
#include "base/path.h"
#include "base/printable.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters that TeX reads otherwise, and how it reads them as themselves. */
static const struct {
    char c;
    const char *tex;
} escapes[] = {
    {'\\', "\\textbackslash{}"},
    {'{', "\\{"},
    {'}', "\\}"},
    {'$', "\\$"},
    {'&', "\\&"},
    {'#', "\\#"},
    {'^', "\\textasciicircum{}"},
    {'_', "\\_"},
    {'~', "\\textasciitilde{}"},
    {'%', "\\%"},
    {'<', "\\textless{}"},
    {'>', "\\textgreater{}"},
    {'|', "\\textbar{}"},
    {'"', "''"},
};

static void print_text(FILE *out, const char *text)
{
    char *copy = hl_alloc_text(text);
    hl_printable(copy);
    for (const char *c = copy; *c; c++) {
        const char *tex = NULL;
        for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
            if (escapes[i].c == *c) tex = escapes[i].tex;
        fputs(tex ? tex : (char[]){*c, 0}, out);
    }
    free(copy);
}

/* Four digits, never as 1e+03. */
static void print_number(FILE *out, double x)
{
    if (!isfinite(x)) {
        fputs(" & --", out);
        return;
    }
    const int whole = fabs(x) >= 1 ? (int)floor(log10(fabs(x))) + 1 : 1;
    const int small = fabs(x) > 0 && fabs(x) < 1 ? -(int)floor(log10(fabs(x))) - 1 : 0;
    fprintf(out, " & %.*f", whole >= 4 ? 0 : 4 - whole + hl_min(small, 4), x);
}

static void print_interval(FILE *out, double x, hl_statistics_interval i)
{
    print_number(out, x);
    if (isfinite(i.low)) fprintf(out, " {\\scriptsize[%.4g, %.4g]}", i.low, i.high);
}

static void print_percent(FILE *out, double share)
{
    if (isfinite(share)) fprintf(out, " & %.1f\\,\\%%", 100 * share);
    else fputs(" & --", out);
}

static void print_measured(FILE *out, const hl_outcome *x)
{
    const double *f = x->figure;
    fprintf(out, " & %d", x->point->users);
    print_interval(out, f[HL_OUTCOME_CORE_RATE], x->rate);
    print_interval(out, f[HL_OUTCOME_SECONDS], x->seconds);
    print_number(out, f[HL_OUTCOME_ITEMS_PER_USER]);
}

static void print_compared(FILE *out, const hl_outcome *x)
{
    const double shares[] = {x->efficiency, x->figure[HL_OUTCOME_PARALLEL], x->computation, x->serial_share};
    print_number(out, x->speedup);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) print_percent(out, shares[i]);
}

/* The two tables: their columns after the first, which names the point, and after the second where that is the size. */
static const struct {
    bool has_size;
    const char *columns, *head;
    void (*print)(FILE *out, const hl_outcome *x);
} tables[] = {
    {true, "rrrr", "users & GFLOP/s a core & seconds & texts a user", print_measured},
    {false, "rrrrr", "speed-up & efficiency & parallel eff. & comput. scal. & serial share", print_compared},
};
enum { TABLES = sizeof tables / sizeof tables[0] };

static void print_table(FILE *out, const hl_outcomes *o, int t)
{
    fprintf(out, "\\begin{tabular}{l%s%s}\n\\toprule\npoint & ", tables[t].has_size ? "r" : "", tables[t].columns);
    if (tables[t].has_size) fprintf(out, "%ss & ", o->unit);
    fprintf(out, "%s \\\\\n\\midrule\n", tables[t].head);
    for (int i = 0; i < o->n; i++) {
        print_text(out, o->at[i].point->name);
        if (tables[t].has_size) fprintf(out, " & %d", o->at[i].size);
        tables[t].print(out, &o->at[i]);
        fputs(" \\\\\n", out);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", out);
}

static void print_head(FILE *out, const hl_study *s, const hl_outcomes *o)
{
    fputs("% Written by hllm study report; \\input it.\n", out);
    fputs("\\providecommand{\\toprule}{\\hline}\\providecommand{\\midrule}{\\hline}\\providecommand{\\bottomrule}{"
          "\\hline}\n"
          "\\begin{table}\n\\centering\n\\small\n\\caption{",
          out);
    print_text(out, s->name);
    fprintf(
        out,
        ": medians of %d runs of %d steps each, with 95\\,\\%% bootstrap intervals; speed-up and what follows beside "
        "the point of the same work with the fewest %ss.}\n",
        s->repetitions, s->steps, o->unit);
}

hl_status hl_report_tex(const hl_outcomes *o, const hl_study *s, const char *dir)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    print_head(out, s, o);
    for (int t = 0; t < TABLES; t++) {
        if (t) fputs("\n\\medskip\n", out);
        print_table(out, o, t);
    }
    fputs("\\end{table}\n", out);
    fclose(out);
    hl_path(path, "%s/report.tex", dir);
    hl_status status = hl_atomic_write(path, text, n);
    free(text);
    return status;
}
