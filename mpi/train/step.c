/* step.c - one training step: a loop over the list of a schedule, whose acts are functions (step/act.h). */
#include "mpi/train/step.h"
#include "base/acts.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/stop.h"
#include "mpi/train/step-state.h"
#include <string.h>

typedef void action(hl_step_state *s, hl_side of, int micro_batch);

#define PERFORM(act, side, function, ...) [HL_##act] = hl_step_##function,
static action *const perform[HL_ACTS] = {HL_ACT_TABLE(PERFORM)};

/* ---- giving up */

/* What is left of the acts that compute where nothing is computed any more; NULL: others go on. */
#define IDLE_COMPUTE(function) hl_step_##function##_idle
#define IDLE_EXCHANGE(function) NULL
#define IDLE_RECEIVE(function) NULL
#define IDLE_LOCAL(function) NULL
#define IDLE(act, side, function, company, kind, name) [HL_##act] = IDLE_##kind(function),
static action *const idle[HL_ACTS] = {HL_ACT_TABLE(IDLE)};

/* Who computes an act together. */
static const hl_group *company_of(const hl_mesh *m, const hl_act_row *act)
{
    return act->with == HL_WITH_VECTORS ? &m->vectors : &m->side[act->side].tp;
}

/* From here on?  Who computes together agrees, because such an act is full of collectives. */
static bool gives_up(hl_step_state *s, const hl_group *together)
{
    if (hl_fault("step-signal", s->e->mesh->world.rank)) hl_stop_ask();
    s->given_up = hl_group_any(together, s->given_up || hl_stop_is_asked());
    return s->given_up;
}

static void act(hl_step_state *s, const hl_task *t)
{
    const hl_act_row *row = &hl_act_table[t->act];
    const bool is_idle = row->kind == HL_COMPUTE && gives_up(s, company_of(s->e->mesh, row));
    (is_idle ? idle : perform)[t->act](s, row->side, t->micro_batch);
}

/* ---- the list */

/* Is this the last act of its kind? */
static bool is_last(const hl_schedule *l, int task)
{
    for (int i = task + 1; i < l->n; i++)
        if (l->task[i].act == l->task[task].act) return false;
    return true;
}

/* Gradients of a layer are final once the last backward is done with it. */
static void go_last(hl_step_state *s, int task)
{
    const hl_act act = s->schedule.task[task].act;
    const hl_side side = hl_act_table[act].side;
    if (s->e->rules.overlap && act == hl_side_act[side].backward && is_last(&s->schedule, task))
        hl_sharding_begin_last_backward(&s->e->sharding[side]);
}

/* What was done from `began` until now; seconds that the rank has waited are counted from `waited` on. */
static double end_act(const hl_step_state *s, const hl_task *t, double began, double waited)
{
    const double now = hl_seconds();
    hl_trace *trace = s->orders->trace;
    if (trace) {
        HL_RESERVE(trace->at, trace->room, trace->n + 1);
        trace->at[trace->n++] = (hl_trace_event){(int)t->act, t->micro_batch, began, now, hl_group_waited() - waited};
    }
    return now - began;
}

static void carry_out(hl_step_state *s, double seconds[HL_ACTS])
{
    for (int i = 0; i < s->schedule.n; i++) {
        const hl_task *t = &s->schedule.task[i];
        go_last(s, i);
        if (t->act == HL_TALLY)
            for (int a = 0; a < HL_ACTS; a++) hl_tally_put(&s->tally, HL_FACT_PHASES + a, seconds[a]);
        const double began = hl_seconds(), waited = hl_group_waited();
        if (hl_fault("step-lose", s->e->mesh->world.rank)) continue;
        hl_act_begin(hl_act_table[t->act].name, t->micro_batch);
        act(s, t);
        for (hl_side k = 0; k < HL_SIDES; k++) hl_sharding_progress(&s->e->sharding[k]);
        seconds[t->act] += end_act(s, t, began, waited);
    }
}

static void write_report(hl_step_report *r, const hl_step_state *s)
{
    const hl_plan *p = &s->plan;
    double kept = hl_tally_sum(&s->tally, HL_FACT_KEPT), masked = hl_tally_sum(&s->tally, HL_FACT_MASKED);
    *r = (hl_step_report){.loss = hl_step_loss_of(s),
                          .label_loss = hl_tally_sum(&s->tally, HL_FACT_LABEL_LOSS),
                          .grad_norm = hl_step_grad_norm(s),
                          .rows = p->rows,
                          .texts = p->texts,
                          .negatives = p->negatives,
                          .tokens = p->tokens,
                          .public_items = p->public_items,
                          .public_tokens = p->public_tokens,
                          .save = hl_tally_sum(&s->tally, HL_FACT_SAVE) > 0,
                          .stop = hl_tally_sum(&s->tally, HL_FACT_STOP) > 0,
                          .given_up = hl_step_is_given_up(s),
                          .tally = s->tally};
    r->fault = hl_step_fault_of(s);
    r->zeros = (int64_t)hl_tally_sum(&s->tally, HL_FACT_ZERO);
    r->nce_samples = kept / p->rows + 1;
    r->masked_share = masked / (kept + masked);
    for (int k = 0; k < HL_TOPS; k++) r->top_acc[k] = hl_tally_sum(&s->tally, HL_FACT_HITS + k) / p->rows;
}

static void forget(hl_engine *e)
{
    hl_arena_back(&e->plan, 0);
    hl_arena_back(&e->saved, 0);
    hl_arena_back(&e->scratch, 0);
    hl_arena_back(&e->wire, 0);
    for (int i = 0; i < e->mesh->layout.side[HL_ITEM].pp; i++) hl_arena_back(&e->recomputed[i], 0);
}

hl_status hl_step_run(hl_step_report *report, hl_engine *e, const hl_batch *batch, const hl_step_orders *orders)
{
    hl_step_state s;
    double began = hl_seconds(), waited = hl_group_waited(), own[HL_ACTS] = {0};
    hl_step_prepare(&s, e, batch, orders);
    hl_step_lay_rows(&s);
    end_act(&s, &(hl_task){HL_ACTS, -1}, began, waited);
    carry_out(&s, own);
    write_report(report, &s);
    memcpy(report->own, own, sizeof own);
    hl_step_count_sent(report->sent, e->mesh, s.sent);
    hl_step_count_messages(report->messages, e->mesh, s.messages);
    hl_step_count_sent(e->late, e->mesh, e->late);
    hl_step_count_messages(e->late_messages, e->mesh, e->late_messages);
    hl_status status = hl_step_judge(&s, report->fault);
    if (status == HL_OK && orders->update && !report->given_up) e->updates++;
    forget(e);
    report->seconds = hl_seconds() - began;
    return status;
}
