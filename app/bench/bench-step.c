/* bench-step.c - hllm bench step and hllm bench node: whole steps of a job, and threads against ranks.  No run folder
 * is touched, nothing is saved. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "base/sorted.h"
#include "base/usage.h"
#include "app/bench/bench-job.h"
#include "app/bench/bench-show.h"
#include "app/bench/step-sums.h"
#include "app/train/summary.h"
#include "math/linear.h"
#include "mpi/train/step.h"
#include "step/schedule.h"
#include <stdlib.h>
#include <unistd.h>

enum { STEPS = 5, STEPS_QUICK = 2 };

/* What a step is asked for.  Seconds are means over the ranks where it does not say otherwise. */
typedef enum {
    STEP_SECONDS,  /* of the slowest rank, from drawing the batch to the last update */
    STEP_NORMAL,   /* the same where all ranks compute at the reference (speed.h) */
    STEP_SPEED,    /* of the slowest rank, beside the reference: the mean of before and after the step */
    STEP_USERS,    /* samples a second */
    STEP_CPU,      /* seconds of all processors of all ranks, those of threads that wait awake too */
    STEP_COMPUTE,  /* seconds forward and backward */
    STEP_EXCHANGE, /* in exchanges and sums over ranks, waiting too */
    STEP_OPTIMIZER,
    STEP_FLOP,        /* of all ranks: products and attention, forward and backward; what is computed again counts */
    STEP_RATE,        /* FLOP/s of a rank while it computes forward and backward */
    STEP_WHOLE_RATE,  /* ... over the whole step */
    STEP_UPDATE_RATE, /* bytes a second of a rank's optimizer: seven numbers a weight */
    STEP_SENT,        /* bytes of item vectors between ranks */
    STEP_TEXTS,
    STEP_TOKENS,        /* of texts, encoded */
    STEP_PUBLIC_TOKENS, /* ... that the public code would encode: every slot, every duplicate */
    STEP_LOSS,
    STEP_FIGURES
} step_figure;

/* Medians over the steps. */
typedef struct {
    double figure[STEP_FIGURES];
    double least[HL_ACTS + 1], mean[HL_ACTS + 1],
        most[HL_ACTS + 1];      /* seconds of each act, over ranks; last: of the plan and what else is in a step */
    double normal[HL_ACTS + 1]; /* means at the reference */
    json_t *each;               /* a row for each step; the caller's */
} step_medians;

/* ---- one step */

/* What ranks tell each other of a step. */
enum { REST = HL_ACTS, WHOLE, CPU, UPDATED, SPEED, FACTS };

typedef struct {
    hl_fact fact[FACTS];
    hl_step_report report;
    int samples;
} seen;

/* Weights of one side that this rank updates. */
static double updated(const hl_sharding *h)
{
    double n = 0;
    for (int i = 0; h->w && i < h->table->n; i++) {
        const hl_param *p = &h->table->at[i];
        const hl_span mine = hl_sharding_mine(h, p->offset);
        const size_t from = hl_max(p->offset, mine.begin), to = hl_min(p->offset + p->count, mine.end);
        if (!h->frozen[i] && from < to) n += (double)(to - from);
    }
    return n;
}

/* How fast this rank was. */
typedef struct {
    double before, after;
} speeds;

/* own (HL_ACTS + 1): seconds of this rank in each act, and in the rest. */
static void agree(seen *s, double *own, const hl_job *j, double seconds, double cpu, const speeds *v)
{
    int me = j->world->rank;
    own[REST] = seconds;
    for (int a = 0; a < HL_ACTS; a++) {
        own[a] = s->report.own[a];
        own[REST] -= own[a];
    }
    for (int a = 0; a <= REST; a++) s->fact[a] = hl_fact_of(own[a], me);
    s->fact[WHOLE] = hl_fact_of(seconds, me);
    s->fact[CPU] = hl_fact_of(cpu, me);
    s->fact[SPEED] = hl_fact_of((v->before + v->after) / 2, me);
    s->fact[UPDATED] = hl_fact_of(updated(&j->engine.sharding[HL_ITEM]) + updated(&j->engine.sharding[HL_USER]), me);
    hl_facts_agree(s->fact, FACTS, j->world);
}

/* What steps are measured with. */
typedef struct {
    hl_job *job;
    hl_speed speed;
    bool first_batch; /* each step has the first one */
    int64_t at;       /* the next step */
} course;

enum { LOOKS = 4 }; /* what one look would say is mostly chance */

static hl_status take_step(seen *s, hl_step_sums *sums, course *c, hl_arena *arena)
{
    hl_job *j = c->job;
    hl_batch batch;
    speeds v;
    double own[HL_ACTS + 1];
    const int64_t at = c->first_batch ? 0 : c->at;
    const hl_step_orders orders = {.learning_rate = j->config->optim_args_learning_rate, .update = true};
    hl_energy_joules(&sums->energy); /* what was used since the last step is nobody's */
    c->at++;
    hl_group_barrier(j->world);
    v.before = hl_speed_look(&c->speed, LOOKS);
    hl_group_barrier(j->world);
    double began = hl_seconds(), cpu = hl_usage_cpu_seconds(), waited = hl_group_waited();
    hl_sampler_draw(&batch, &j->sampler, at, arena);
    hl_status status = hl_step_run(&s->report, &j->engine, &batch, &orders);
    s->samples = batch.samples;
    hl_arena_back(arena, 0);
    const double took = hl_seconds() - began;
    waited = hl_group_waited() - waited;
    cpu = hl_usage_cpu_seconds() - cpu;
    if (status != HL_OK) return status;
    sums->joules += hl_energy_joules(&sums->energy);
    v.after = hl_speed_look(&c->speed, LOOKS);
    agree(s, own, j, took, cpu, &v);
    hl_step_sums_add(sums, &s->report, own, took - waited, s->fact[WHOLE].max);
    return HL_OK;
}

/* ---- what is asked of it */

static double mean_of(const seen *s, const hl_job *j, int fact) { return s->fact[fact].sum / j->world->size; }

static double exchange_of(const seen *s, const hl_job *j)
{
    double seconds = 0;
    for (int a = 0; a < HL_ACTS; a++) seconds += hl_act_is_exchange((hl_act)a) ? mean_of(s, j, a) : 0;
    return seconds;
}

/* Forward and backward: what the ranks of a stage do together. */
static double compute_of(const seen *s, const hl_job *j)
{
    double seconds = 0;
    for (int a = 0; a < HL_ACTS; a++) seconds += hl_act_table[a].with == HL_WITH_STAGE ? mean_of(s, j, a) : 0;
    return seconds;
}

static void ask(double out[STEP_FIGURES], const seen *s, const hl_job *j)
{
    const hl_step_report *r = &s->report;
    out[STEP_SECONDS] = s->fact[WHOLE].max;
    out[STEP_SPEED] = s->fact[SPEED].min;
    out[STEP_NORMAL] = s->fact[WHOLE].max * s->fact[SPEED].min;
    out[STEP_USERS] = s->samples / s->fact[WHOLE].max;
    out[STEP_CPU] = s->fact[CPU].sum;
    out[STEP_COMPUTE] = compute_of(s, j);
    out[STEP_EXCHANGE] = exchange_of(s, j);
    out[STEP_OPTIMIZER] = mean_of(s, j, HL_UPDATE);
    out[STEP_FLOP] = hl_tally_sum(&r->tally, HL_FACT_FLOP);
    out[STEP_RATE] = out[STEP_FLOP] / j->world->size / out[STEP_COMPUTE];
    out[STEP_WHOLE_RATE] = out[STEP_FLOP] / j->world->size / out[STEP_SECONDS];
    out[STEP_UPDATE_RATE] = 7 * sizeof(float) * mean_of(s, j, UPDATED) / out[STEP_OPTIMIZER];
    out[STEP_SENT] = hl_tally_sum(&r->tally, HL_FACT_BYTES);
    out[STEP_TEXTS] = r->texts;
    out[STEP_TOKENS] = (double)r->tokens;
    out[STEP_PUBLIC_TOKENS] = (double)r->public_tokens;
    out[STEP_LOSS] = r->loss;
}

/* All that is kept of one step, a column each. */
enum {
    LEASTS = STEP_FIGURES,
    MEANS = LEASTS + HL_ACTS + 1,
    MOSTS = MEANS + HL_ACTS + 1,
    COLUMNS = MOSTS + HL_ACTS + 1
};

static void keep(double *x, int step, int steps, const seen *s, const hl_job *j)
{
    double row[COLUMNS];
    ask(row, s, j);
    for (int a = 0; a <= HL_ACTS; a++) {
        row[LEASTS + a] = s->fact[a].min;
        row[MEANS + a] = mean_of(s, j, a);
        row[MOSTS + a] = s->fact[a].max;
    }
    for (int c = 0; c < COLUMNS; c++) x[c * steps + step] = row[c];
}

static hl_status take_steps(double *x, hl_step_sums *sums, course *c, int warmup, int steps)
{
    hl_arena batch = hl_arena_growing("the batch of a step");
    seen s;
    hl_status status = HL_OK;
    for (int i = -warmup; i < steps && status == HL_OK; i++) {
        if (i == 0) hl_step_sums_clear(sums);
        status = take_step(&s, sums, c, &batch);
        if (status == HL_OK && i >= 0) keep(x, i, steps, &s, c->job);
    }
    hl_arena_free(&batch);
    return status;
}

static double *place_of(step_medians *m, int column)
{
    if (column < LEASTS) return &m->figure[column];
    if (column < MEANS) return &m->least[column - LEASTS];
    if (column < MOSTS) return &m->mean[column - MEANS];
    return &m->most[column - MOSTS];
}

static void find_medians(step_medians *m, double *x, int steps, double speed)
{
    m->figure[STEP_NORMAL] = speed * hl_speed_mean(x + STEP_SECONDS * steps, steps);
    for (int a = 0; a <= HL_ACTS; a++) m->normal[a] = speed * hl_speed_mean(x + (MEANS + a) * steps, steps);
    for (int i = 0; i < steps; i++)
        json_array_append_new(m->each,
                              json_pack("{s:f, s:f, s:f}", "seconds", x[STEP_SECONDS * steps + i], "normal_seconds",
                                        x[STEP_NORMAL * steps + i], "speed", x[STEP_SPEED * steps + i]));
    for (int c = 0; c < COLUMNS; c++)
        if (c != STEP_NORMAL) *place_of(m, c) = hl_sorted_median(x + c * steps, steps);
}

/* Train so many steps, and `warmup` before them that are not counted.  Collective. */
static hl_status make_steps(step_medians *m, hl_step_sums *sums, course *c, int warmup, int steps)
{
    double *x = hl_alloc((size_t)(COLUMNS * steps) * sizeof *x);
    hl_step_sums_open(sums, c->job->world);
    hl_status s = take_steps(x, sums, c, warmup, steps);
    const hl_speed *v = &c->speed;
    if (s == HL_OK) /* the mean speed of the slowest rank during the steps */
        find_medians(m, x, steps, -hl_group_max(c->job->world, -hl_speed_since(v, v->n - 2 * LOOKS * steps)));
    free(x);
    return s;
}

/* ---- hllm bench step */

static const char *const names[STEP_FIGURES] = {
    [STEP_SECONDS] = "seconds",
    [STEP_NORMAL] = "normal_seconds",
    [STEP_SPEED] = "speed",
    [STEP_USERS] = "users_per_second",
    [STEP_CPU] = "cpu_seconds",
    [STEP_COMPUTE] = "compute_seconds",
    [STEP_EXCHANGE] = "exchange_seconds",
    [STEP_OPTIMIZER] = "optimizer_seconds",
    [STEP_FLOP] = "flop",
    [STEP_RATE] = "compute_gflops",
    [STEP_WHOLE_RATE] = "step_gflops",
    [STEP_UPDATE_RATE] = "optimizer_gbs",
    [STEP_SENT] = "sent_bytes",
    [STEP_TEXTS] = "texts",
    [STEP_TOKENS] = "item_tokens",
    [STEP_PUBLIC_TOKENS] = "public_item_tokens",
    [STEP_LOSS] = "loss",
};

static bool is_in_billions(int figure)
{
    return figure == STEP_RATE || figure == STEP_WHOLE_RATE || figure == STEP_UPDATE_RATE;
}

/* own: who was in each act for the longest, over all steps. */
static json_t *phases(const step_medians *m, const hl_fact *own, const hl_job *j)
{
    double whole = 0;
    json_t *rows = json_array();
    for (int a = 0; a <= HL_ACTS; a++) whole += m->mean[a];
    for (int a = 0; a <= HL_ACTS; a++) {
        if (m->most[a] == 0) continue;
        json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:i, s:f, s:f, s:f}", "phase",
                                              a == REST ? "plan_and_rest" : hl_act_table[a].name, "least", m->least[a],
                                              "mean", m->mean[a], "most", m->most[a], "rank", (int)own[a].who, "share",
                                              m->mean[a] / whole, "normal", m->normal[a], "forecast",
                                              a == REST ? j->forecast_begin : j->forecast[a]));
    }
    return rows;
}

static void tell_step(json_t *result, const step_medians *m, const hl_job *j, const hl_peaks *peaks)
{
    const double *x = m->figure;
    json_object_set_new(result, "layout", json_string(j->layout));
    json_object_set_new(result, "users", json_integer(j->config->batch_size));
    for (int i = 0; i < STEP_FIGURES; i++)
        json_object_set_new(result, names[i], json_real(is_in_billions(i) ? x[i] / 1e9 : x[i]));
    json_object_set_new(result, "compute_share", json_real(x[STEP_RATE] / peaks->gemm));
    json_object_set_new(result, "step_share", json_real(x[STEP_WHOLE_RATE] / peaks->gemm));
    json_object_set_new(result, "optimizer_share", json_real(x[STEP_UPDATE_RATE] / hl_stream_best(&peaks->stream)));
    json_object_set_new(result, "token_share", json_real(x[STEP_TOKENS] / x[STEP_PUBLIC_TOKENS]));
}

static void tell_forecast(json_t *result, const hl_job *j)
{
    const hl_cost_interval *i = &j->forecast_interval;
    json_object_set_new(result, "forecast_seconds", json_real(j->forecast[HL_ACTS]));
    if (i->high > 0) json_object_set_new(result, "forecast_low", json_real(i->low));
    if (i->high > 0) json_object_set_new(result, "forecast_high", json_real(i->high));
}

static int steps_of(const hl_bench_orders *o) { return o->steps ? o->steps : o->meter.quick ? STEPS_QUICK : STEPS; }

static hl_status measure_step(json_t *result, const hl_bench_orders *orders, hl_job *j)
{
    hl_bench_orders mine = *orders;
    step_medians m = {.each = json_array()};
    hl_step_sums sums;
    hl_fact own[HL_ACTS + 1];
    course c = {.job = j, .first_batch = orders->first_batch};
    const hl_peaks peaks = hl_meter_peaks(&orders->meter);
    hl_usage_forget_peak(); /* what the best product needed */
    hl_speed_open(&c.speed, j->world, j->speed_reference, false);
    const hl_status s = make_steps(&m, &sums, &c, orders->warmup, steps_of(orders));
    json_object_set_new(result, "speed_reference_gflops", json_real(c.speed.reference / 1e9));
    hl_speed_close(&c.speed);
    if (s != HL_OK) json_decref(m.each);
    HL_TRY(s);
    mine.threads = j->threads;
    hl_bench_note_machine(result, &mine, &peaks);
    hl_bench_note_place(result, j->world);
    json_object_set_new(result, "steps", json_integer(steps_of(orders)));
    hl_bench_note_origin(result, j);
    tell_step(result, &m, j, &peaks);
    tell_forecast(result, j);
    hl_step_sums_tell(result, own, &sums, j);
    json_object_set_new(result, "phases", phases(&m, own, j));
    json_object_set_new(result, "each_step", m.each);
    return HL_OK;
}

/* ---- hllm bench node */

/* All that fit: 1, 2, 4, ... and the most. */
static int next_threads(int threads, int most)
{
    if (threads >= most) return most + 1;
    return 2 * threads < most ? 2 * threads : most;
}

static int most_threads(const hl_group *world)
{
    hl_group node;
    hl_group_split_node(&node, world);
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN), most = cores / node.size > 0 ? cores / node.size : 1;
    hl_group_close(&node);
    return -(int)hl_group_max(world, -most);
}

static hl_status measure_node(json_t *result, const hl_bench_orders *orders, hl_job *j)
{
    json_t *rows = json_array();
    const int most = most_threads(j->world);
    course c = {.job = j, .first_batch = orders->first_batch};
    int best = 0;
    double users = 0;
    json_object_set_new(result, "splits", rows);
    for (int threads = 1; threads <= most; threads = next_threads(threads, most)) {
        step_medians m = {.each = json_array()};
        hl_step_sums sums;
        hl_math_threads(threads);
        hl_speed_open(&c.speed, j->world, 0, false);
        const hl_status s = make_steps(&m, &sums, &c, orders->warmup, steps_of(orders));
        hl_speed_close(&c.speed);
        json_decref(m.each);
        HL_TRY(s);
        json_array_append_new(rows, json_pack("{s:i, s:i, s:f, s:f, s:f}", "ranks", j->world->size, "threads", threads,
                                              "seconds", m.figure[STEP_SECONDS], "users_per_second",
                                              m.figure[STEP_USERS], "cpu_seconds", m.figure[STEP_CPU]));
        if (m.figure[STEP_USERS] <= users) continue;
        users = m.figure[STEP_USERS];
        best = threads;
    }
    json_object_set_new(result, "layout", json_string(j->layout));
    json_object_set_new(result, "best_threads", json_integer(best));
    json_object_set_new(result, "best_users_per_second", json_real(users));
    return HL_OK;
}

/* ---- both */

static hl_status run_step(json_t *result, const hl_bench_orders *orders, int argc, char **argv)
{
    return hl_bench_job(measure_step, result, orders, argc, argv);
}

static hl_status run_node(json_t *result, const hl_bench_orders *orders, int argc, char **argv)
{
    return hl_bench_job(measure_node, result, orders, argc, argv);
}

const hl_bench hl_bench_step = {.name = "step", .has_config = true, .run = run_step};
const hl_bench hl_bench_node = {.name = "node", .has_config = true, .run = run_node};
