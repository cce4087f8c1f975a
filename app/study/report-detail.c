/* report-detail.c - of each point in report.html: how efficient its ranks are together, and where time, bytes and
 * memory of its typical run went. */
#include "app/study/report.h"
#include "app/study/markup.h"
#include <math.h>
#include <string.h>

#define HEADS(table) hl_markup_heads(out, table, sizeof(table) / sizeof(table)[0])

/* ---- efficiencies */

static void print_efficiency(FILE *out, const hl_outcome *x)
{
    const double *f = x->figure;
    const double shares[] = {f[HL_OUTCOME_LOAD_BALANCE],
                             f[HL_OUTCOME_COMMUNICATION],
                             f[HL_OUTCOME_PARALLEL],
                             x->computation,
                             x->global,
                             f[HL_OUTCOME_REPLICA_BALANCE],
                             f[HL_OUTCOME_PEAK_SHARE],
                             f[HL_OUTCOME_SECONDS] / x->promise};
    fputs("<tr><th>", out);
    hl_markup_text(out, x->point->name);
    fputs("</th>", out);
    for (int i = 0; i < 7; i++) hl_markup_number(out, 100 * shares[i], " %");
    hl_markup_number(out, f[HL_OUTCOME_SENT] / 1e6, "");
    hl_markup_number(out, f[HL_OUTCOME_MEMORY] / 1e6, "");
    hl_markup_number(out, f[HL_OUTCOME_JOULES], "");
    hl_markup_number(out, x->promise, "");
    hl_markup_number(out, shares[7], "");
    fputs("</tr>\n", out);
}

static bool has_assumed(const hl_outcomes *o)
{
    for (int i = 0; i < o->n; i++)
        if (!o->at[i].point->reason && !o->at[i].point->is_measured) return true;
    return false;
}

static void print_notes(FILE *out, const hl_outcomes *o)
{
    fprintf(
        out,
        "<p>Parallel efficiency is load balance (mean useful seconds of a rank by the most) times communication "
        "efficiency (the most by the seconds of a step); useful is what a rank does not wait for others. Computation "
        "scalability is the useful core seconds a user of the point with the fewest %ss by those of this point; times "
        "parallel efficiency it is the global efficiency (POP).</p>\n"
        "<p>The best product is a square sgemm, measured by each run. There is no share of a nominal peak: neither "
        "the clock under load nor the number of multipliers of a core can be read from the system.</p>\n",
        o->unit);
    if (has_assumed(o))
        fputs("<p>Promised seconds are left out where the forecast assumed an ordinary machine; hllm bench calibrate "
              "FILE "
              "and the option calibration measure this one.</p>\n",
              out);
    for (int i = 0; i < o->energy.n; i++) {
        fputs("<p>Energy is ", out);
        hl_markup_text(out, o->energy.at[i]);
        fputs(".</p>\n", out);
    }
}

static void print_efficiencies(FILE *out, const hl_outcomes *o)
{
    static const char *const heads[] = {"point",
                                        "load balance",
                                        "communication efficiency",
                                        "parallel efficiency",
                                        "computation scalability",
                                        "global efficiency",
                                        "balance of item replicas",
                                        "of the best product",
                                        "MB between ranks a step",
                                        "MB of the fullest rank",
                                        "J a step",
                                        "seconds promised",
                                        "taken by promised"};
    fputs("<h2>Efficiency</h2>\n<table>\n", out);
    HEADS(heads);
    for (int i = 0; i < o->n; i++)
        if (o->at[i].runs) print_efficiency(out, &o->at[i]);
    fputs("</table>\n", out);
    print_notes(out, o);
}

/* ---- a typical run */

static void print_phases(FILE *out, const json_t *result)
{
    static const char *const heads[] = {"phase", "least ms", "mean ms", "most ms", "rank of the most", "share"};
    const json_t *row;
    size_t i;
    fputs("<table>\n", out);
    HEADS(heads);
    json_array_foreach(json_object_get(result, "phases"), i, row)
    {
        fputs("<tr><th>", out);
        hl_markup_text(out, hl_outcome_text(row, "phase"));
        fputs("</th>", out);
        hl_markup_number(out, 1e3 * hl_outcome_number(row, "least"), "");
        hl_markup_number(out, 1e3 * hl_outcome_number(row, "mean"), "");
        hl_markup_number(out, 1e3 * hl_outcome_number(row, "most"), "");
        hl_markup_number(out, hl_outcome_number(row, "rank"), "");
        hl_markup_number(out, 100 * hl_outcome_number(row, "share"), " %");
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void print_groups(FILE *out, const json_t *result)
{
    static const char *const heads[] = {"group", "MB a step", "of a rank, mean", "most", "rank of the most"};
    const json_t *row, *list = json_object_get(result, "sent");
    size_t i;
    if (!json_array_size(list)) return;
    fputs("<table>\n", out);
    HEADS(heads);
    json_array_foreach(list, i, row)
    {
        fputs("<tr><th>", out);
        hl_markup_text(out, hl_outcome_text(row, "group"));
        fputs("</th>", out);
        hl_markup_number(out, hl_outcome_number(row, "bytes") / 1e6, "");
        hl_markup_number(out, hl_outcome_number(row, "bytes_mean") / 1e6, "");
        hl_markup_number(out, hl_outcome_number(row, "bytes_most") / 1e6, "");
        hl_markup_number(out, hl_outcome_number(row, "rank"), "");
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

/* Rows of "name: value". */
static void print_facts(FILE *out, const json_t *result)
{
    fputs("<p>", out);
    if (hl_outcome_number(result, "item_replicas") > 1)
        fprintf(out,
                "Of %g item replicas number %g computed longest: %.4g s a step, the least %.4g s, the mean %.4g s. ",
                hl_outcome_number(result, "item_replicas"), hl_outcome_number(result, "item_replica_most"),
                hl_outcome_number(result, "item_replica_most_seconds"),
                hl_outcome_number(result, "item_replica_least_seconds"),
                hl_outcome_number(result, "item_replica_mean_seconds"));
    if (hl_outcome_number(result, "peak_bytes_mean") > 0)
        fprintf(out, "Rank %g held most: %.4g MB; the mean of the ranks is %.4g MB. ",
                hl_outcome_number(result, "peak_bytes_rank"), hl_outcome_number(result, "peak_bytes") / 1e6,
                hl_outcome_number(result, "peak_bytes_mean") / 1e6);
    fputs("Configuration ", out);
    hl_markup_text(out, hl_outcome_text(result, "config_digest"));
    fputs(", data ", out);
    hl_markup_text(out, hl_outcome_text(result, "data_digest"));
    fputs(".</p>\n", out);
}

static void print_typical(FILE *out, const hl_outcome *x)
{
    fputs("<details>\n<summary>", out);
    hl_markup_text(out, x->point->name);
    fputs("</summary>\n", out);
    print_facts(out, x->typical);
    fputs("<div class=\"beside\">\n", out);
    print_phases(out, x->typical);
    print_groups(out, x->typical);
    fputs("</div>\n</details>\n", out);
}

void hl_report_details(FILE *out, const hl_outcomes *o)
{
    int n = 0;
    for (int i = 0; i < o->n; i++) n += o->at[i].runs > 0;
    if (!n) return;
    print_efficiencies(out, o);
    fputs("<h2>Phases</h2>\n<p>Of the run of each point whose seconds are nearest to the median: the acts of a step "
          "over the "
          "ranks, and the bytes that the ranks of each group send each other.</p>\n",
          out);
    for (int i = 0; i < o->n; i++)
        if (o->at[i].typical) print_typical(out, &o->at[i]);
}
