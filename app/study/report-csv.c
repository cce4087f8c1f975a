/* report-csv.c - report.csv: a line a point, columns by a table; doc/formats.md says what they mean. */
#include "app/study/report.h"
#include "base/arena.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is not there is an empty field. */
static void print_number(FILE *out, double x)
{
    if (isfinite(x)) fprintf(out, "%.7g", x);
}

void hl_report_field(FILE *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) fputs(*text == '"' ? "\"\"" : (char[]){*text, 0}, out);
    fputc('"', out);
}

/* ---- columns that are not numbers of an outcome */

static void point(FILE *out, const hl_outcome *x) { hl_report_field(out, x->point->name); }

static void series(FILE *out, const hl_outcome *x) { hl_report_field(out, x->point->series); }

static void ranks(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->point->ranks); }

static void print_place(FILE *out, int n)
{
    if (n) fprintf(out, "%d", n);
}

static void nodes(FILE *out, const hl_outcome *x) { print_place(out, x->point->nodes); }

static void ranks_per_node(FILE *out, const hl_outcome *x) { print_place(out, x->point->ranks_per_node); }

static void host_lists(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->host_lists); }

static void threads(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->point->threads); }

static void cores(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->cores); }

static void users(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->point->users); }

static void runs(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->runs); }

static void failed(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->failed); }

static void missing(FILE *out, const hl_outcome *x) { fprintf(out, "%d", x->missing); }

static void forecast(FILE *out, const hl_outcome *x)
{
    print_number(out, x->point->seconds < 0 ? NAN : x->point->seconds);
}

static bool has_interval(const hl_outcome *x) { return x->point->between.high > 0; }

static void forecast_low(FILE *out, const hl_outcome *x)
{
    print_number(out, has_interval(x) ? x->point->between.low : NAN);
}

static void forecast_high(FILE *out, const hl_outcome *x)
{
    print_number(out, has_interval(x) ? x->point->between.high : NAN);
}

static void machine(FILE *out, const hl_outcome *x)
{
    if (x->point->seconds >= 0) fputs(x->point->is_measured ? "measured" : "assumed", out);
}

static void print_digest(FILE *out, const hl_outcome *x, const char *key)
{
    const char *text = json_string_value(json_object_get(x->typical, key));
    hl_report_field(out, text ? text : "");
}

static void config_digest(FILE *out, const hl_outcome *x) { print_digest(out, x, "config_digest"); }

static void data_digest(FILE *out, const hl_outcome *x) { print_digest(out, x, "data_digest"); }

static void beside(FILE *out, const hl_outcome *x) { hl_report_field(out, x->beside ? x->beside->name : ""); }

static void layout(FILE *out, const hl_outcome *x) { hl_report_field(out, x->layout); }

static void reason(FILE *out, const hl_outcome *x) { hl_report_field(out, x->reason ? x->reason : ""); }

#define FIGURE(f) offsetof(hl_outcome, figure) + (f) * sizeof(double)

static const struct {
    const char *name;
    size_t at; /* a number of the outcome, where there is no function */
    void (*print)(FILE *out, const hl_outcome *x);
} columns[] = {
    {"point", 0, point},
    {"series", 0, series},
    {"nodes", 0, nodes},
    {"ranks_per_node", 0, ranks_per_node},
    {"ranks", 0, ranks},
    {"threads", 0, threads},
    {"cores", 0, cores},
    {"users", 0, users},
    {"runs", 0, runs},
    {"failed", 0, failed},
    {"missing", 0, missing},
    {"gflops_per_core", FIGURE(HL_OUTCOME_CORE_RATE), NULL},
    {"gflops_per_core_low", offsetof(hl_outcome, rate.low), NULL},
    {"gflops_per_core_high", offsetof(hl_outcome, rate.high), NULL},
    {"rate_efficiency", offsetof(hl_outcome, rate_efficiency), NULL},
    {"seconds", FIGURE(HL_OUTCOME_SECONDS), NULL},
    {"seconds_low", offsetof(hl_outcome, seconds.low), NULL},
    {"seconds_high", offsetof(hl_outcome, seconds.high), NULL},
    {"forecast_seconds", 0, forecast},
    {"forecast_low", 0, forecast_low},
    {"forecast_high", 0, forecast_high},
    {"forecast_machine", 0, machine},
    {"promised_seconds", offsetof(hl_outcome, promise), NULL},
    {"users_per_second", FIGURE(HL_OUTCOME_USERS_RATE), NULL},
    {"speedup", offsetof(hl_outcome, speedup), NULL},
    {"ideal_speedup", offsetof(hl_outcome, ideal), NULL},
    {"efficiency", offsetof(hl_outcome, efficiency), NULL},
    {"serial_share", offsetof(hl_outcome, serial_share), NULL},
    {"items_per_user", FIGURE(HL_OUTCOME_ITEMS_PER_USER), NULL},
    {"saved_share", FIGURE(HL_OUTCOME_SAVED), NULL},
    {"compute_share", FIGURE(HL_OUTCOME_COMPUTE), NULL},
    {"exchange_share", FIGURE(HL_OUTCOME_EXCHANGE), NULL},
    {"optimizer_share", FIGURE(HL_OUTCOME_OPTIMIZER), NULL},
    {"rest_share", FIGURE(HL_OUTCOME_REST), NULL},
    {"load_balance", FIGURE(HL_OUTCOME_LOAD_BALANCE), NULL},
    {"communication_efficiency", FIGURE(HL_OUTCOME_COMMUNICATION), NULL},
    {"parallel_efficiency", FIGURE(HL_OUTCOME_PARALLEL), NULL},
    {"computation_scalability", offsetof(hl_outcome, computation), NULL},
    {"global_efficiency", offsetof(hl_outcome, global), NULL},
    {"useful_core_seconds_per_user", FIGURE(HL_OUTCOME_USEFUL), NULL},
    {"item_replica_balance", FIGURE(HL_OUTCOME_REPLICA_BALANCE), NULL},
    {"peak_share", FIGURE(HL_OUTCOME_PEAK_SHARE), NULL},
    {"traffic_bytes", FIGURE(HL_OUTCOME_SENT), NULL},
    {"peak_bytes", FIGURE(HL_OUTCOME_MEMORY), NULL},
    {"joules", FIGURE(HL_OUTCOME_JOULES), NULL},
    {"beside", 0, beside},
    {"host_lists", 0, host_lists},
    {"config_digest", 0, config_digest},
    {"data_digest", 0, data_digest},
    {"layout", 0, layout},
    {"reason", 0, reason},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static void print_row(FILE *out, const hl_outcome *x)
{
    for (int c = 0; c < COLUMNS; c++) {
        if (c) fputc(',', out);
        if (columns[c].print) columns[c].print(out, x);
        else print_number(out, *(const double *)((const char *)x + columns[c].at));
    }
    fputc('\n', out);
}

hl_status hl_report_csv(const hl_outcomes *o, const char *dir)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    for (int c = 0; c < COLUMNS; c++) fprintf(out, "%s%s", c ? "," : "", columns[c].name);
    fputc('\n', out);
    for (int i = 0; i < o->n; i++) print_row(out, &o->at[i]);
    fclose(out);
    hl_path(path, "%s/report.csv", dir);
    hl_status s = hl_atomic_write(path, text, n);
    free(text);
    return s;
}
