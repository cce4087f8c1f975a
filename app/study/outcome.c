/* outcome.c - what the runs of each point have measured. */
#include "app/study/outcome.h"
#include "base/arena.h"
#include "app/study/measure.h"
#include "step/act.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the figures of one result */

double hl_outcome_number(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static double core_rate(const json_t *o)
{
    return hl_outcome_number(o, "step_gflops") / hl_outcome_number(o, "threads");
}

static double seconds(const json_t *o) { return hl_outcome_number(o, "seconds"); }

static double users_rate(const json_t *o) { return hl_outcome_number(o, "users_per_second"); }

static double items_per_user(const json_t *o) { return hl_outcome_number(o, "texts") / hl_outcome_number(o, "users"); }

static double saved(const json_t *o) { return 1 - hl_outcome_number(o, "token_share"); }

static bool computes(int act) { return hl_act_table[act].with == HL_WITH_STAGE; }

static bool exchanges(int act) { return hl_act_is_exchange((hl_act)act); }

static bool optimizes(int act) { return act == HL_UPDATE; }

/* The share of a step's time in acts of a kind. */
static double share(const json_t *o, bool (*belongs)(int act))
{
    double sum = 0;
    size_t i;
    const json_t *phase;
    json_array_foreach(json_object_get(o, "phases"), i, phase)
    {
        const char *name = json_string_value(json_object_get(phase, "phase"));
        for (int a = 0; name && a < HL_ACTS; a++)
            if (belongs(a) && strcmp(hl_act_table[a].name, name) == 0) sum += hl_outcome_number(phase, "share");
    }
    return sum;
}

static double compute_share(const json_t *o) { return share(o, computes); }

static double exchange_share(const json_t *o) { return share(o, exchanges); }

static double optimizer_share(const json_t *o) { return share(o, optimizes); }

static double rest_share(const json_t *o) { return 1 - compute_share(o) - exchange_share(o) - optimizer_share(o); }

static double peak_share(const json_t *o) { return hl_outcome_number(o, "step_share"); }

static double load_balance(const json_t *o) { return hl_outcome_number(o, "load_balance"); }

static double communication(const json_t *o) { return hl_outcome_number(o, "communication_efficiency"); }

static double parallel(const json_t *o) { return hl_outcome_number(o, "parallel_efficiency"); }

static double useful(const json_t *o)
{
    return hl_outcome_number(o, "useful_seconds") * hl_outcome_number(o, "threads") / hl_outcome_number(o, "users");
}

static double replica_balance(const json_t *o) { return hl_outcome_number(o, "item_replica_balance"); }

/* Where nothing was sent there is an empty list; earlier results have none. */
static double sent(const json_t *o)
{
    const json_t *row, *list = json_object_get(o, "sent");
    double sum = json_is_array(list) ? 0 : NAN;
    size_t i;
    json_array_foreach(list, i, row) sum += hl_outcome_number(row, "bytes");
    return sum;
}

static double memory(const json_t *o) { return hl_outcome_number(o, "peak_bytes"); }

static double joules(const json_t *o) { return hl_outcome_number(o, "joules"); }

/* Means of shares still add up to one. */
static const struct {
    double (*of)(const json_t *result);
    double (*over_runs)(const double *x, int n);
} figures[HL_OUTCOME_FIGURES] = {
    [HL_OUTCOME_CORE_RATE] = {core_rate, hl_statistics_median},
    [HL_OUTCOME_SECONDS] = {seconds, hl_statistics_median},
    [HL_OUTCOME_USERS_RATE] = {users_rate, hl_statistics_median},
    [HL_OUTCOME_ITEMS_PER_USER] = {items_per_user, hl_statistics_median},
    [HL_OUTCOME_SAVED] = {saved, hl_statistics_median},
    [HL_OUTCOME_COMPUTE] = {compute_share, hl_statistics_mean},
    [HL_OUTCOME_EXCHANGE] = {exchange_share, hl_statistics_mean},
    [HL_OUTCOME_OPTIMIZER] = {optimizer_share, hl_statistics_mean},
    [HL_OUTCOME_REST] = {rest_share, hl_statistics_mean},
    [HL_OUTCOME_PEAK_SHARE] = {peak_share, hl_statistics_median},
    [HL_OUTCOME_LOAD_BALANCE] = {load_balance, hl_statistics_median},
    [HL_OUTCOME_COMMUNICATION] = {communication, hl_statistics_median},
    [HL_OUTCOME_PARALLEL] = {parallel, hl_statistics_median},
    [HL_OUTCOME_USEFUL] = {useful, hl_statistics_median},
    [HL_OUTCOME_REPLICA_BALANCE] = {replica_balance, hl_statistics_median},
    [HL_OUTCOME_SENT] = {sent, hl_statistics_median},
    [HL_OUTCOME_MEMORY] = {memory, hl_statistics_median},
    [HL_OUTCOME_JOULES] = {joules, hl_statistics_median},
};

/* ---- the program and the machines of a result */

static void add_new(hl_names *to, const char *text)
{
    for (int i = 0; i < to->n; i++)
        if (strcmp(to->at[i], text) == 0) return;
    hl_names_add(to, text, strlen(text));
}

const char *hl_outcome_text(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "?";
}

/* "st1, st2"; earlier results have the first alone. */
static void print_hosts(FILE *out, const json_t *result)
{
    const json_t *host, *list = json_object_get(result, "hosts");
    size_t i;
    if (!json_is_array(list)) fprintf(out, "the first of them %s", hl_outcome_text(result, "host"));
    json_array_foreach(list, i, host) fprintf(out, "%s%s", i ? ", " : "", hl_outcome_text(host, "machine"));
}

/* Earlier results say neither. */
static void print_binding(FILE *out, const json_t *result)
{
    const json_t *processor = json_object_get(result, "processor");
    const int least = (int)json_integer_value(json_object_get(result, "rank_cores_least")),
              most = (int)json_integer_value(json_object_get(result, "rank_cores_most"));
    if (json_is_string(processor)) fprintf(out, " (%s)", json_string_value(processor));
    if (least == most && least) fprintf(out, ", a rank may use %d", least);
    else if (least) fprintf(out, ", ranks may use %d to %d", least, most);
}

/* Adds to `lists`, of a point, the machines of a result. */
static void note_place(hl_outcomes *o, hl_names *lists, const json_t *result)
{
    char text[1000], *hosts = NULL;
    size_t n;
    const int nodes = (int)json_integer_value(json_object_get(result, "nodes")),
              cores = (int)json_integer_value(json_object_get(result, "cores"));
    snprintf(text, sizeof text, "hllm %s (%s), %s", hl_outcome_text(result, "version"),
             hl_outcome_text(result, "commit"), hl_outcome_text(result, "libraries"));
    add_new(&o->programs, text);
    const char *energy = json_string_value(json_object_get(result, "energy"));
    if (energy) add_new(&o->energy, energy);
    FILE *out = hl_alloc_stream(&hosts, &n);
    fprintf(out, "%d node%s of %d cores", nodes, nodes == 1 ? "" : "s", cores);
    print_binding(out, result);
    fputs(": ", out);
    print_hosts(out, result);
    fclose(out);
    add_new(&o->hosts, hosts);
    add_new(lists, hosts);
    free(hosts);
}

/* ---- points */

/* x (figures, repetitions): those of the runs that have a result. */
static void read_runs(hl_outcome *out, double *x, hl_outcomes *o, const hl_study *s, const char *dir)
{
    hl_names hosts = {0};
    out->results = json_array();
    for (int r = 1; r <= s->repetitions; r++) {
        json_t *result = hl_measure_result(dir, out->point, r);
        char *failure = result ? NULL : hl_measure_failure(dir, out->point, r);
        for (int f = 0; result && f < HL_OUTCOME_FIGURES; f++)
            x[f * s->repetitions + out->runs] = figures[f].of(result);
        if (result) note_place(o, &hosts, result);
        if (result) snprintf(out->layout, sizeof out->layout, "%s", hl_outcome_text(result, "layout"));
        out->runs += result != NULL;
        out->failed += failure != NULL;
        out->missing += !result && !failure;
        if (failure) {
            free(out->reason);
            out->reason = failure;
        }
        if (result) json_array_append_new(out->results, result);
    }
    out->host_lists = hosts.n;
    hl_names_free(&hosts);
}

/* Of runs one of which does not say it, nothing is said. */
static double over_runs(int figure, const double *x, int n)
{
    for (int i = 0; i < n; i++)
        if (isnan(x[i])) return NAN;
    return n ? figures[figure].over_runs(x, n) : NAN;
}

/* Nearest to the median; of an even number the first of the two. */
static const json_t *typical_of(const hl_outcome *x)
{
    const double median = x->figure[HL_OUTCOME_SECONDS];
    const json_t *result, *best = NULL;
    double least = INFINITY;
    size_t i;
    json_array_foreach(x->results, i, result)
    {
        const double off = fabs(hl_outcome_number(result, "seconds") - median);
        if (off < least) least = off, best = result;
    }
    return best;
}

static void read_point(hl_outcomes *o, int i, const hl_study *s, const hl_point *p, const char *dir)
{
    hl_outcome *out = &o->at[i];
    double *x = hl_alloc((size_t)(HL_OUTCOME_FIGURES * s->repetitions) * sizeof *x);
    *out = (hl_outcome){.point = p, .cores = p->ranks * p->threads};
    out->size = *o->unit == 'n' ? p->nodes : out->cores;
    snprintf(out->layout, sizeof out->layout, "%s", p->layout);
    read_runs(out, x, o, s, dir);
    for (int f = 0; f < HL_OUTCOME_FIGURES; f++) out->figure[f] = over_runs(f, x + f * s->repetitions, out->runs);
    out->typical = typical_of(out);
    out->promise = p->is_measured && p->seconds > 0 ? p->seconds : NAN;
    const uint64_t seed = (uint64_t)s->seed;
    out->rate = hl_statistics_bootstrap(x + HL_OUTCOME_CORE_RATE * s->repetitions, out->runs, seed, (uint32_t)(2 * i));
    out->seconds =
        hl_statistics_bootstrap(x + HL_OUTCOME_SECONDS * s->repetitions, out->runs, seed, (uint32_t)(2 * i + 1));
    free(x);
}

/* ---- points beside others */

static bool is_smaller(const hl_outcome *x, const hl_outcome *than)
{
    if (x->size != than->size) return x->size < than->size;
    return x->figure[HL_OUTCOME_USERS_RATE] > than->figure[HL_OUTCOME_USERS_RATE];
}

static const hl_outcome *smallest(const hl_outcomes *o, const char *problem)
{
    const hl_outcome *best = NULL;
    for (int i = 0; i < o->n; i++) {
        const hl_outcome *x = &o->at[i];
        if (x->runs && strcmp(x->point->problem, problem) == 0 && (!best || is_smaller(x, best))) best = x;
    }
    return best;
}

static void compare(hl_outcome *x, const hl_outcome *with)
{
    const double *a = x->figure, *b = with ? with->figure : x->figure;
    const bool is_same_work = with && x->point->users == with->point->users;
    x->beside = with ? with->point : NULL;
    x->speedup = with ? a[HL_OUTCOME_USERS_RATE] / b[HL_OUTCOME_USERS_RATE] : NAN;
    x->ideal = with ? (double)x->size / with->size : NAN;
    x->efficiency = x->speedup / x->ideal;
    x->rate_efficiency = with ? a[HL_OUTCOME_CORE_RATE] / b[HL_OUTCOME_CORE_RATE] : NAN;
    x->computation = with ? b[HL_OUTCOME_USEFUL] / a[HL_OUTCOME_USEFUL] : NAN;
    x->global = x->computation * a[HL_OUTCOME_PARALLEL];
    x->serial_share = is_same_work && x->runs ? hl_statistics_serial_share(x->speedup, x->ideal) : NAN;
}

static const char *unit_of(const hl_points *p)
{
    for (int i = 0; i < p->n; i++)
        if (!p->at[i].nodes) return "core";
    return "node";
}

void hl_outcomes_read(hl_outcomes *o, const hl_study *s, const hl_points *p, const char *dir)
{
    *o = (hl_outcomes){.at = hl_alloc((size_t)p->n * sizeof *o->at), .n = p->n, .unit = unit_of(p)};
    for (int i = 0; i < p->n; i++) read_point(o, i, s, &p->at[i], dir);
    for (int i = 0; i < p->n; i++) compare(&o->at[i], smallest(o, p->at[i].problem));
}

bool hl_outcomes_begins(const hl_outcomes *o, int i)
{
    for (int k = 0; k < i; k++)
        if (o->at[k].runs && strcmp(o->at[k].point->series, o->at[i].point->series) == 0) return false;
    return o->at[i].runs > 0;
}

void hl_outcomes_free(hl_outcomes *o)
{
    for (int i = 0; i < o->n; i++) {
        free(o->at[i].reason);
        json_decref(o->at[i].results);
    }
    free(o->at);
    hl_names_free(&o->programs);
    hl_names_free(&o->hosts);
    hl_names_free(&o->energy);
    *o = (hl_outcomes){0};
}
