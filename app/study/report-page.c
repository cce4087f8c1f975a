/* report-page.c - report.html: table, picture and machine in one file that needs no other.  It is XML too. */
#include "app/study/report.h"
#include "base/arena.h"
#include "base/path.h"
#include "app/study/markup.h"
#include "app/study/page.h"
#include "io/files/atomic.h"
#include "io/files/regular.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 26 };

/* ---- the table */

static void print_forecast(FILE *out, const hl_point *p)
{
    if (p->seconds < 0 || p->is_measured) hl_markup_number(out, p->seconds < 0 ? NAN : p->seconds, "");
    else fputs("<td>assumed</td>", out);
}

static void print_row(FILE *out, const hl_outcome *x)
{
    const double *f = x->figure;
    const double shares[] = {x->rate_efficiency,  x->efficiency,         x->serial_share,
                             f[HL_OUTCOME_SAVED], f[HL_OUTCOME_COMPUTE], f[HL_OUTCOME_EXCHANGE]};
    fputs("<tr><th>", out);
    hl_markup_text(out, x->point->name);
    fputs("</th>", out);
    hl_markup_number(out, x->point->nodes ? (double)x->point->nodes : (double)NAN, "");
    fprintf(out, "<td>%d</td><td>%d</td><td>%d</td><td>%d</td>", x->cores, x->point->users, x->runs,
            x->failed + x->missing);
    hl_markup_interval(out, f[HL_OUTCOME_CORE_RATE], x->rate);
    hl_markup_number(out, 100 * shares[0], " %");
    hl_markup_interval(out, f[HL_OUTCOME_SECONDS], x->seconds);
    print_forecast(out, x->point);
    hl_markup_number(out, f[HL_OUTCOME_USERS_RATE], "");
    hl_markup_number(out, x->speedup, "");
    for (int i = 1; i < 3; i++) hl_markup_number(out, 100 * shares[i], " %");
    hl_markup_number(out, f[HL_OUTCOME_ITEMS_PER_USER], "");
    for (int i = 3; i < 6; i++) hl_markup_number(out, 100 * shares[i], " %");
    fputs("<td class=\"text\">", out);
    hl_markup_text(out, x->layout);
    fputs("</td></tr>\n", out);
}

static void print_table(FILE *out, const hl_outcomes *o)
{
    static const char *const heads[] = {
        "point",          "nodes",           "cores",          "users a step",     "runs",    "without a result",
        "GFLOP/s a core", "rate efficiency", "seconds a step", "seconds forecast", "users/s", "speed-up",
        "efficiency",     "serial share",    "texts a user",   "tokens saved",     "compute", "exchange",
        "layout",
    };
    fputs("<table class=\"first\">\n", out);
    hl_markup_heads(out, heads, sizeof heads / sizeof heads[0]);
    for (int i = 0; i < o->n; i++) print_row(out, &o->at[i]);
    fputs("</table>\n", out);
}

/* ---- what is not there */

static void print_failures(FILE *out, const hl_outcomes *o)
{
    int n = 0;
    for (int i = 0; i < o->n; i++) {
        const hl_outcome *x = &o->at[i];
        if (!x->failed && !x->missing) continue;
        fputs(n++ ? "<li>" : "<h2>Not there</h2>\n<ul>\n<li>", out);
        hl_markup_text(out, x->point->name);
        fprintf(out, ": %d failed, %d not run", x->failed, x->missing);
        if (x->reason) fputs(": ", out), hl_markup_text(out, x->reason);
        fputs("</li>\n", out);
    }
    if (n) fputs("</ul>\n", out);
}

/* ---- where it was measured */

static void print_kinds(FILE *out, const char *what, const hl_names *kinds)
{
    for (int i = 0; i < kinds->n; i++) {
        fprintf(out, "<li>%s: ", what);
        hl_markup_text(out, kinds->at[i]);
        fputs("</li>\n", out);
    }
}

/* Runs of a point that were on other machines differ by that too. */
static void print_moved(FILE *out, const hl_outcomes *o)
{
    int n = 0;
    for (int i = 0; i < o->n; i++) {
        if (o->at[i].host_lists < 2) continue;
        fputs(n++ ? "; "
                  : "<p><strong>Runs of one point were on different machines, so their spread is that of the "
                    "machines too:</strong> ",
              out);
        hl_markup_text(out, o->at[i].point->name);
        fprintf(out, " on %d lists of machines", o->at[i].host_lists);
    }
    if (n) fputs(".</p>\n", out);
}

static void print_places(FILE *out, const hl_outcomes *o)
{
    if (o->programs.n == 0) return;
    fputs("<h2>Where</h2>\n", out);
    print_moved(out, o);
    if (o->programs.n > 1) fputs("<p><strong>The runs are of several programs or libraries.</strong></p>\n", out);
    fputs("<ul>\n", out);
    print_kinds(out, "program", &o->programs);
    print_kinds(out, "machine", &o->hosts);
    fputs("</ul>\n", out);
}

/* ---- the page */

static void print_lead(FILE *out, const hl_study *s, const hl_outcomes *o)
{
    static const char *const fixed[HL_FIXED] = {
        [HL_FIXED_USERS] = "The users of a step are fixed (strong scaling)",
        [HL_FIXED_USERS_PER_RANK] =
            "The users of a rank are fixed, so a step has more of them on more ranks (weak scaling)",
        [HL_FIXED_NEGATIVES] =
            "The users of a rank are fixed, and the negatives that a user is ranked among (weak scaling)",
        [HL_FIXED_UNIQUE_ITEMS] =
            "The users of a rank are fixed, and the catalogue grows with them, so that the different "
            "texts of a user stay (weak scaling)",
    };
    fprintf(out,
            "<p>%s. Each point was run %d times in an order of chance (seed %d), %d + %d steps each; the figures are "
            "medians over the runs, with 95 %% bootstrap intervals in brackets. A step's time is that of its slowest "
            "rank.</p>\n",
            fixed[s->fixed], s->repetitions, s->seed, s->warmup, s->steps);
    fprintf(
        out,
        "<p>Executed FLOP/s of a core says how well the cores work. Users a second say more than that: items that are "
        "the same in a batch are encoded once, so the texts a user fall as a batch grows. Speed-up (of users a "
        "second), "
        "efficiency and serial share (Karp and Flatt) are beside the point of the same work with the fewest "
        "%ss.</p>\n",
        o->unit);
}

hl_status hl_report_page(const hl_outcomes *o, const hl_study *s, const char *dir)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    hl_page_begin(out, s->name);
    print_lead(out, s, o);
    hl_page_picture(out, dir);
    print_table(out, o);
    hl_report_details(out, o);
    print_failures(out, o);
    print_places(out, o);
    return hl_page_end(out, &text, &n, dir);
}
