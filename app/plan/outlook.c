/* outlook.c - what a forecast says of a whole job: its ranks in short, its nodes, its training, its checkpoints. */
#include "app/plan/outlook.h"
#include "base/minmax.h"
#include <math.h>
#include <stdlib.h>

hl_spread hl_spread_of(const double *x, int n)
{
    hl_spread s = {.least = x[0], .most = x[0]};
    for (int i = 0; i < n; i++) {
        s.mean += x[i] / n;
        if (x[i] < s.least) s.least = x[i], s.least_rank = i;
        if (x[i] > s.most) s.most = x[i], s.most_rank = i;
    }
    return s;
}

/* ---- ranks and nodes */

static void spread_ranks(hl_outlook *o, const hl_forecast *f)
{
    const int ranks = f->layout.ranks;
    double *memory = hl_alloc(3 * (size_t)ranks * sizeof *memory), *seconds = memory + ranks,
           *waiting = seconds + ranks;
    for (int r = 0; r < ranks; r++) {
        memory[r] = hl_forecast_bytes(f, r);
        seconds[r] = f->cost[r].step;
        waiting[r] = (f->cost[r].waiting + f->step - f->cost[r].step) / f->step;
    }
    o->state = hl_spread_of(f->state, ranks);
    o->saved = hl_spread_of(f->saved, ranks);
    o->passing = hl_spread_of(f->passing, ranks);
    o->memory = hl_spread_of(memory, ranks);
    o->seconds = hl_spread_of(seconds, ranks);
    o->waiting = hl_spread_of(waiting, ranks);
    free(memory);
}

static void fill_nodes(hl_outlook *o, const hl_forecast *f, int ranks_per_node)
{
    const int ranks = f->layout.ranks, each = ranks_per_node ? ranks_per_node : ranks;
    o->nodes = (ranks + each - 1) / each;
    for (int node = 0; node < o->nodes; node++) {
        double bytes = 0;
        for (int r = node * each; r < hl_min((node + 1) * each, ranks); r++) bytes += hl_forecast_bytes(f, r);
        if (bytes > o->node_bytes) o->node_bytes = bytes, o->fullest_node = node;
    }
}

/* ---- checkpoints */

double hl_outlook_checkpoint_bytes(const hl_transformer *item, const hl_transformer *user, int item_tokens)
{
    hl_layout whole;
    double numbers = 0;
    const hl_transformer *shape[HL_SIDES] = {[HL_ITEM] = item, [HL_USER] = user};
    HL_CHECK(hl_layout_make(&whole, 1, &(hl_layout_wish){.kind = HL_COLOCATED}) == HL_OK);
    for (hl_side i = 0; i < HL_SIDES; i++) {
        hl_stage_params all;
        hl_stage_params_open(&all, &whole, i, shape[i], item_tokens);
        for (int k = 0; k < all.table[0].n; k++)
            numbers += all.table[0].at[k].outside ? 0 : (double)all.table[0].at[k].count;
        hl_stage_params_close(&all);
    }
    return 3 * sizeof(float) * numbers;
}

double hl_outlook_interval(double cost, double mean)
{
    const double part = cost / (2 * mean);
    return part < 1 ? sqrt(2 * cost * mean) * (1 + sqrt(part) / 3 + part / 9) - cost : mean;
}

static void plan_checkpoints(hl_outlook *o, const hl_forecast *f, const hl_outlook_question *q)
{
    const double mean = 3600 * q->hours_a_failure / o->nodes;
    o->checkpoint_bytes = hl_outlook_checkpoint_bytes(&f->item, &f->user, f->job.item_tokens);
    o->checkpoint_seconds = o->checkpoint_bytes / (q->disk * o->nodes);
    o->checkpoint_every = hl_outlook_interval(o->checkpoint_seconds, mean);
    /* a failure loses half of what has been done since the last checkpoint */
    o->lost = o->checkpoint_seconds / (o->checkpoint_every + o->checkpoint_seconds) + o->checkpoint_every / (2 * mean);
}

/* ---- the training */

static double steps_of(const hl_config *c, double samples)
{
    const double steps = c->epochs * ceil(samples / c->batch_size);
    return c->max_steps > 0 && (samples == 0 || (double)c->max_steps < steps) ? (double)c->max_steps : steps;
}

void hl_outlook_make(hl_outlook *o, const hl_forecast *f, const hl_config *c, const hl_outlook_question *q)
{
    *o = (hl_outlook){.steps = steps_of(c, q->samples)};
    spread_ranks(o, f);
    fill_nodes(o, f, q->ranks_per_node);
    plan_checkpoints(o, f, q);
    o->hours = o->steps * f->step / fmax(0.1, 1 - o->lost) / 3600;
}
