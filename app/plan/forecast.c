/* forecast.c - what a step of a configuration would be like on so many ranks, without running it. */
#include "app/plan/forecast.h"
#include "app/plan/forecast-measure.h"
#include "app/plan/id-shapes.h"
#include "app/plan/made-up.h"
#include "app/plan/rules.h"
#include "data/sampler.h"
#include "step/plan-rules.h"

/* The first batch of the training. */
static void draw(hl_forecast *f, const hl_config *c, const hl_corpus *corpus)
{
    hl_windows w;
    hl_batch b;
    const hl_windows_rule rule = hl_rules_windows(c);
    hl_windows_open(&w, corpus, &rule);
    const hl_sampler sampler = {
        &w, (uint64_t)c->seed, c->batch_size, c->num_negatives, NULL, c->negatives == HL_NEGATIVES_OWN};
    const hl_plan_rules wished = hl_rules_plan(c), rules = hl_plan_rules_for(&wished, &f->layout, &f->item, &f->user);
    hl_sampler_draw(&b, &sampler, 0, &f->arena);
    hl_plan_make(&f->plan, &b, corpus, &rules, hl_transformer_vector_size(&f->item), &f->arena);
    hl_windows_close(&w);
}

static const hl_cost *last_to_be_done(const hl_forecast *f)
{
    const hl_cost *last = f->cost;
    for (int r = 1; r < f->layout.ranks; r++)
        if (f->cost[r].step > last->step) last = &f->cost[r];
    return last;
}

static void forecast(hl_forecast *f, const hl_forecast_question *q, const hl_corpus *corpus)
{
    const hl_config *c = q->config;
    const int ranks = f->layout.ranks;
    draw(f, c, corpus);
    hl_share_make(&f->share, &f->layout, &f->plan, &f->arena);
    f->share.lockstep = hl_zero_is_lockstep(c->zero);
    f->schedule = HL_TAKE(&f->arena, hl_schedule, ranks);
    f->cost = HL_TAKE_ZERO(&f->arena, hl_cost, ranks);
    f->state = HL_TAKE_ZERO(&f->arena, double, ranks);
    f->saved = HL_TAKE_ZERO(&f->arena, double, ranks);
    f->summed = HL_TAKE_ZERO(&f->arena, double, ranks);
    f->passing = HL_TAKE_ZERO(&f->arena, double, ranks);
    f->job = (hl_cost_job){.layout = &f->layout,
                           .plan = &f->plan,
                           .share = &f->share,
                           .schedule = f->schedule,
                           .shape = {&f->item, &f->user},
                           .item_tokens = hl_rules_item_tokens(c),
                           .zero = c->zero,
                           .machine = q->machine};
    hl_activations_saved *fit = HL_TAKE(&f->arena, hl_activations_saved, hl_layout_replicas(&f->layout, HL_ITEM));
    hl_forecast_measure_state(f);
    hl_forecast_measure_saved(f, fit, q, corpus);
    hl_schedule_make_all(f->schedule, &f->layout, &f->plan, &f->share, fit, &f->arena);
    f->step = hl_cost_play(f->cost, &f->job);
    f->interval = hl_cost_interval_of(last_to_be_done(f), &q->machine);
}

/* A table of items has their rows. */
static void make_up(hl_forecast *f, hl_made_up *x, const hl_config *c)
{
    hl_made_up_open(x, c, hl_config_reads_ids(c) ? f->item.vocab_size : f->user.id_rows);
    hl_id_shapes_take_items(&f->item, &f->user, c, x->corpus.items);
}

hl_status hl_forecast_open(hl_forecast *f, const hl_forecast_question *q, int ranks, const hl_parallelism *p)
{
    hl_made_up x = {0};
    *f = (hl_forecast){
        .item = *q->item, .user = *q->user, .arena = hl_arena_growing("a forecast"), .is_made_up = !q->corpus};
    HL_TRY(hl_parallelism_layout(&f->layout, p, ranks));
    HL_TRY(hl_parallelism_check_replicas(p, &f->layout));
    if (!q->corpus) make_up(f, &x, q->config);
    forecast(f, q, q->corpus ? q->corpus : &x.corpus);
    hl_made_up_close(&x);
    return HL_OK;
}

void hl_forecast_close(hl_forecast *f) { hl_arena_free(&f->arena); }

double hl_forecast_recomputed(const hl_forecast *f)
{
    double again = 0, forward = 0;
    for (int r = 0; r < f->layout.ranks; r++)
        for (int i = 0; i < f->schedule[r].n; i++) {
            again += f->schedule[r].task[i].act == HL_ITEM_RECOMPUTE;
            forward += f->schedule[r].task[i].act == HL_ITEM_FORWARD;
        }
    return forward > 0 ? again / forward : 0;
}
