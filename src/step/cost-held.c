/* cost-held.c - what a rank holds: its layers, and bytes of weights, gradients and moments. */
#include "step/cost.h"
#include "base/fold.h"
#include "model/stages.h"
#include <stdlib.h>

static int micro_batches_of(const hl_cost_job *j, hl_side side)
{
    return side == HL_USER ? j->plan->user_micro_batches : j->plan->micro_batches;
}

static const int *owner_of(const hl_share *s, hl_side side)
{
    return side == HL_USER ? s->user_micro_batch : s->micro_batch;
}

/* Is one row of each sequence read out? */
static bool last_only(const hl_cost_job *j, hl_side side)
{
    return side == HL_ITEM && hl_transformer_reads_one_row(j->shape[side], j->item_tokens);
}

hl_transformer_layers hl_cost_layers(const hl_cost_job *j, hl_side side, int rank)
{
    return hl_stages_layers(j->shape[side], last_only(j, side), hl_layout_stage(j->layout, side, rank),
                            j->layout->side[side].pp);
}

double hl_cost_work(const hl_cost_job *j, hl_side side, int stage)
{
    return hl_stages_work(j->shape[side], last_only(j, side), stage, j->layout->side[side].pp);
}

/* The groups of a replica's micro-batches, the last one first; without micro-batches all it can have.  How many. */
static int groups_of(int *group, const hl_cost_job *j, hl_side side, int replica)
{
    const hl_layout *l = j->layout;
    const hl_plan *p = j->plan;
    const int *its = side == HL_USER ? p->user_group : p->group, replicas = hl_layout_replicas(l, side);
    int n = 0;
    for (int c = micro_batches_of(j, side) - 1; j->share && c >= 0; c--)
        if (hl_layout_replica(l, side, owner_of(j->share, side)[c]) == replica) group[n++] = its[c];
    const int begin = hl_fold_begin(p->groups, replicas, replica);
    for (int g = hl_fold_begin(p->groups, replicas, replica + 1) - 1; !j->share && g >= begin; g--) group[n++] = g;
    return n;
}

/* How many sums over groups wait at most. */
static int waiting_of(const hl_cost_job *j, hl_side side, int replica)
{
    if (j->plan->groups == 0) return 0;
    int *group = hl_alloc((size_t)(j->share ? micro_batches_of(j, side) : j->plan->groups) * sizeof *group);
    const int waiting = hl_fold_waiting(group, groups_of(group, j, side, replica));
    free(group);
    return waiting;
}

static hl_zero_state state_of(const hl_cost_job *j, const hl_stage_params *tables, hl_side side, int rank)
{
    const hl_layout *l = j->layout;
    if (!hl_layout_has(l, side, rank)) return (hl_zero_state){0};
    const int replica = hl_layout_replica(l, side, rank);
    return hl_zero_state_of(hl_stage_params_of(tables, rank), j->zero, hl_layout_replicas(l, side), replica,
                            waiting_of(j, side, replica), j->plan->texts, side == HL_ITEM && j->plan->items_frozen);
}

double hl_cost_state_bytes(const hl_cost_job *j, const hl_stage_params shares[HL_SIDES], int rank)
{
    hl_zero_state state[HL_SIDES];
    for (hl_side i = 0; i < HL_SIDES; i++) state[i] = state_of(j, &shares[i], i, rank);
    return hl_zero_bytes(state);
}
