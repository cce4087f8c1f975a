/* quality-page.c - report.html of trainings. */
#include "app/study/markup.h"
#include "app/study/page.h"
#include "app/study/quality.h"
#include "base/alloc.h"
#include <math.h>
#include <stdlib.h>

static void print_lead(FILE *out, const hl_quality *q, const hl_study *s)
{
    fprintf(out,
            "<p>Each point was trained %d times, with as many seeds, in an order of chance (seed %d), and ranked the "
            "whole catalogue for each of the %lld users of %s.  A metric is the mean over the users of the mean "
            "over the seeds, with its 95 %% bootstrap interval over the users (%d resamples) in brackets, and behind "
            "&#177; the standard deviation of the seeds' means.</p>\n",
            s->repetitions, s->seed, (long long)q->users, s->on_valid ? "validation" : "the test", q->orders.resamples);
    if (s->on_valid && q->tuning.n)
        fputs("<p>What points were trained with was chosen on the same users of validation, so that their metrics are "
              "on the high side.</p>\n",
              out);
}

static void print_mean(FILE *out, const hl_comparison_mean *m)
{
    if (!m) {
        fputs("<td>-</td>", out);
        return;
    }
    fprintf(out, "<td>%.4f<small>[%.4f, %.4f]", m->mean, m->low, m->high);
    if (isfinite(m->spread)) fprintf(out, " &#177; %.4f", m->spread);
    fputs("</small></td>", out);
}

static void begin_row(FILE *out, const hl_quality_row *x)
{
    fputs("<tr><th>", out);
    hl_markup_text(out, x->point->name);
    fputs("</th>", out);
}

static void begin_table(FILE *out, const char *const *heads, int n, const hl_comparison_orders *o)
{
    fputs("<table>\n<tr>", out);
    for (int i = 0; i < n; i++) fprintf(out, "<th>%s</th>", heads[i]);
    for (int k = 0; k < o->columns; k++) fprintf(out, "<th>%s</th>", o->column[k]);
    fputs("</tr>\n", out);
}

static void print_means(FILE *out, const hl_quality *q)
{
    static const char *const heads[] = {"point", "runs", "without a result", "seconds a run"};
    begin_table(out, heads, 4, &q->orders);
    for (int i = 0; i < q->n; i++) {
        const hl_quality_row *x = &q->at[i];
        begin_row(out, x);
        fprintf(out, "<td>%d</td><td>%d</td>", x->runs, x->failed + x->missing);
        hl_markup_number(out, x->seconds, "");
        for (int k = 0; k < q->orders.columns; k++) print_mean(out, x->mean ? &x->mean[k] : NULL);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void print_test(FILE *out, const hl_comparison_test *t)
{
    fprintf(out, "<td>%+.4f<small>[%+.4f, %+.4f] p %.2g, Holm %.2g, BH %.2g</small></td>", t->difference, t->low,
            t->high, t->p, t->holm, t->benjamini_hochberg);
}

static void print_tests(FILE *out, const hl_quality *q)
{
    static const char *const heads[] = {"point"};
    if (q->no_tests) {
        fputs("<p>Points are not compared: ", out);
        hl_markup_text(out, q->no_tests);
        fputs(".</p>\n", out);
        return;
    }
    int tests = 0;
    for (int i = 0; i < q->n; i++) tests += q->at[i].test != NULL;
    if (tests == 0) return;
    fputs("<h2>Beside ", out);
    hl_markup_text(out, q->at[q->first].point->name);
    fprintf(
        out,
        "</h2>\n<p>Differences of the same users' metrics, with 95 %% bootstrap intervals and two-sided p-values of "
        "a paired randomization test (%d flips), corrected over all %d tests of this table (Holm; Benjamini and "
        "Hochberg).</p>\n",
        q->orders.flips, tests * q->orders.columns);
    begin_table(out, heads, 1, &q->orders);
    for (int i = 0; i < q->n; i++) {
        if (!q->at[i].test) continue;
        begin_row(out, &q->at[i]);
        for (int k = 0; k < q->orders.columns; k++) print_test(out, &q->at[i].test[k]);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void print_candidate(FILE *out, const hl_tuning_row *row, const hl_quality *q)
{
    const hl_point *of = q->at[row->candidate->of].point;
    fputs("<tr><th>", out);
    hl_markup_text(out, of->name);
    fputs("</th><td class=\"text\">", out);
    hl_markup_text(out, row->candidate->tried);
    fprintf(out, "</td><td class=\"text\">%s", of->taken == row->candidate ? "taken" : "");
    if (of->taken == row->candidate && row->candidate->at_end) {
        fputs(", at an end of the grid: ", out);
        hl_markup_text(out, row->candidate->at_end);
    }
    fputs("</td>", out);
    print_mean(out, isnan(row->mean.mean) ? NULL : &row->mean);
    hl_markup_number(out, row->seconds, "");
    fputs("<td class=\"text\">", out);
    hl_markup_text(out, row->reason ? row->reason : row->is_open ? "not run" : "");
    fputs("</td></tr>\n", out);
}

/* Of the test nothing is known here. */
static void print_tuning(FILE *out, const hl_quality *q)
{
    const hl_tuning *t = &q->tuning;
    if (t->n == 0) return;
    fputs("<h2>Tuned on validation</h2>\n<p>Each candidate was trained once, with a seed that no repetition has.  Of "
          "the candidates of a point the best by ",
          out);
    fprintf(out,
            "%s of the %lld users of validation was taken for all its trainings above; points without candidates have "
            "the options that the study gives them.</p>\n<table>\n<tr><th>point</th><th>candidate</th><th></th>"
            "<th>%s on validation</th><th>seconds</th><th>why there is no result</th></tr>\n",
            t->orders.column[0], (long long)t->users, t->orders.column[0]);
    for (int k = 0; k < t->n; k++) print_candidate(out, &t->at[k], q);
    fputs("</table>\n", out);
}

static void print_failures(FILE *out, const hl_quality *q)
{
    bool any = false;
    for (int i = 0; i < q->n; i++) {
        if (!q->at[i].reason) continue;
        fputs(any ? "" : "<h2>Runs that have failed</h2>\n<ul>\n", out);
        any = true;
        fputs("<li>", out);
        hl_markup_text(out, q->at[i].point->name);
        fputs(": ", out);
        hl_markup_text(out, q->at[i].reason);
        fputs("</li>\n", out);
    }
    if (any) fputs("</ul>\n", out);
}

hl_status hl_quality_page(const hl_quality *q, const hl_study *s, const char *dir)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    hl_page_begin(out, s->name);
    print_lead(out, q, s);
    hl_page_picture(out, dir);
    print_means(out, q);
    print_tests(out, q);
    print_tuning(out, q);
    print_failures(out, q);
    return hl_page_end(out, &text, &n, dir);
}
