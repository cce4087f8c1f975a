/* trace.c - what all ranks do when in a step. */
#include "app/bench/trace.h"
#include "app/bench/bench-show.h"
#include "app/bench/pop.h"
#include "app/bench/trace-file.h"
#include "base/arena.h"
#include "base/clock.h"
#include "mpi/train/step.h"
#include <stdlib.h>

/* ---- the steps */

static hl_status take_step(hl_job *j, int64_t at, hl_trace *trace, hl_arena *arena)
{
    hl_batch batch;
    hl_step_report report;
    const hl_step_orders orders = {
        .learning_rate = j->config->optim_args_learning_rate, .update = true, .trace = trace};
    hl_sampler_draw(&batch, &j->sampler, at, arena);
    hl_status s = hl_step_run(&report, &j->engine, &batch, &orders);
    hl_arena_back(arena, 0);
    return s;
}

static hl_status take_steps(hl_trace *trace, hl_job *j, const hl_bench_orders *o)
{
    hl_arena arena = hl_arena_growing("the batch of a step");
    hl_status s = HL_OK;
    for (int i = -o->warmup; i < o->steps && s == HL_OK; i++) {
        if (i == 0) hl_group_barrier(j->world);
        s = take_step(j, i + o->warmup, i < 0 ? NULL : trace, &arena);
    }
    hl_arena_free(&arena);
    return s;
}

/* ---- figures */

/* What ranks tell each other: seconds in each act, those of them that they wait; then when they began and ended, by the
 * first rank's clock, and what they did not wait. */
enum { SECONDS, WAITED = SECONDS + HL_ACTS + 1, BEGAN = WAITED + HL_ACTS + 1, ENDED, USEFUL, FIGURES };

static void add_up(hl_fact f[FIGURES], const hl_trace *t, const hl_clock_offset *clock, const hl_group *world)
{
    double x[FIGURES] = {0};
    for (int i = 0; i < t->n; i++) {
        const hl_trace_event *e = &t->at[i];
        x[SECONDS + e->act] += e->end - e->begin;
        x[WAITED + e->act] += e->waited;
        x[USEFUL] += e->end - e->begin - e->waited;
    }
    x[BEGAN] = t->at[0].begin + clock->offset;
    x[ENDED] = t->at[t->n - 1].end + clock->offset;
    for (int i = 0; i < FIGURES; i++) f[i] = hl_fact_of(x[i], world->rank);
    hl_facts_agree(f, FIGURES, world);
}

static json_t *phases(const hl_fact f[FIGURES], int ranks)
{
    json_t *rows = json_array();
    for (int a = 0; a <= HL_ACTS; a++) {
        const hl_fact *s = &f[SECONDS + a];
        if (s->max == 0) continue;
        json_t *row =
            json_pack("{ss sf sf sf si sf}", "phase", hl_trace_name(a), "least", s->min, "mean", s->sum / ranks, "most",
                      s->max, "rank", (int)s->who, "waited", f[WAITED + a].sum / ranks);
        HL_CHECK(row != NULL);
        json_array_append_new(rows, row);
    }
    return rows;
}

static void tell(json_t *result, const hl_fact f[FIGURES], const hl_bench_orders *o, const hl_job *j)
{
    const double took = f[ENDED].max - f[BEGAN].min;
    json_object_set_new(result, "layout", json_string(j->layout));
    json_object_set_new(result, "ranks", json_integer(j->world->size));
    json_object_set_new(result, "threads", json_integer(j->threads));
    json_object_set_new(result, "steps", json_integer(o->steps));
    json_object_set_new(result, "seconds", json_real(took / o->steps));
    hl_pop_tell(result, &f[USEFUL], took, j->world->size);
    json_object_set_new(result, "phases", phases(f, j->world->size));
}

hl_status hl_trace_job(json_t *result, const hl_bench_orders *orders, hl_job *j)
{
    hl_trace trace = {0};
    hl_clock_offset clock;
    hl_fact f[FIGURES];
    hl_clocks_compare(&clock, j->world, hl_seconds);
    hl_status s = take_steps(&trace, j, orders);
    if (s == HL_OK) {
        add_up(f, &trace, &clock, j->world);
        tell(result, f, orders, j);
        s = hl_trace_file(orders->out, &trace, &clock, f[BEGAN].min, j);
    }
    free(trace.at);
    return s;
}
