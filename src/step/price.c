/* price.c - what an act of a step takes on a machine: operations over its rate, bytes over the wire. */
#include "step/price.h"
#include "step/stage-params.h"
#include <math.h>
#include <stdlib.h>

/* ---- between ranks */

/* Each of p ranks sends so many bytes of n, in log p messages at best. */
static double travel(const hl_machine *m, double bytes, int p)
{
    return p > 1 ? bytes * (p - 1) / p / m->wire + m->latency * ceil(log2(p)) : 0;
}

static double sum_seconds(const hl_machine *m, double bytes, int p) { return 2 * travel(m, bytes, p); }

/* Between peers, in a layer and one way: two sums; on a grid of so many rows the panels of four products, of
 * activations along its rows, of weights along its columns, which travel back as sums too. */
static double peers_seconds(const hl_machine *m, const hl_transformer *s, double rows, int tp, int grid_rows, int times)
{
    const double D = s->hidden_size, F = s->intermediate_size, od = (double)s->num_attention_heads * s->head_dim;
    if (!grid_rows) return 2 * sum_seconds(m, rows * D * sizeof(float), tp);
    const int columns = tp / grid_rows;
    const double x = rows / grid_rows * (2 * D + od + F) * sizeof(float),
                 w = hl_transformer_layer_flop(s) / 2 / columns * sizeof(float);
    return times * (travel(m, x, columns) + travel(m, w, grid_rows) + 3 * (grid_rows + columns - 2) * m->latency);
}

/* ---- micro-batches */

static double rows_of_users(const hl_plan *p, int mb)
{
    return p->row_begin[p->user_micro_batch_begin[mb + 1]] - p->row_begin[p->user_micro_batch_begin[mb]];
}

static double rows_of(const hl_prices *x, hl_side side, int mb)
{
    return side == HL_USER ? rows_of_users(x->job->plan, mb) : x->shared * x->job->plan->micro_batch_tokens[mb];
}

/* Of this rank's share of its layers; 0 outside of the side. */
static double numbers_of(const hl_prices *x, hl_side side, int rank)
{
    const hl_layout *l = x->job->layout;
    return hl_layout_has(l, side, rank) ? x->numbers[side][hl_stage_params_place(l, side, rank)] : 0;
}

/* The work of whole layers on a micro-batch, where nobody has measured its packs. */
static hl_work work_by_tokens(const hl_prices *x, hl_side side, int rank, int mb)
{
    const hl_layout *l = x->job->layout;
    const hl_transformer *shape = x->job->shape[side];
    const int tp = l->side[side].tp;
    const double layers = x->work[side][hl_layout_stage(l, side, rank)], rows = rows_of(x, side, mb) * layers;
    return (hl_work){.other = rows * hl_transformer_layer_flop(shape) / tp,
                     .hidden = rows * shape->hidden_size / (l->side[side].rows ? tp : 1),
                     .wide = rows * shape->intermediate_size / tp};
}

/* What a rank computes of a micro-batch. */
static double own_seconds(const hl_prices *x, hl_side side, int rank, int mb, int times)
{
    const hl_cost_job *j = x->job;
    if (j->seconds[side]) return j->seconds[side][hl_stage_params_place(j->layout, side, rank)][2 * mb + times - 1];
    const hl_work w = work_by_tokens(x, side, rank, mb);
    return hl_machine_seconds(&j->machine, &w, times == 1 ? HL_FORWARD_WAY : HL_BACKWARD_WAY);
}

/* times: 1 forward, 2 backward.  With zero, a layer's numbers between the replicas. */
static double micro_batch_seconds(const hl_prices *x, hl_side side, int rank, int mb, int times)
{
    const hl_cost_job *j = x->job;
    const hl_layout *l = j->layout;
    const hl_transformer *shape = j->shape[side];
    const int tp = l->side[side].tp, replicas = hl_layout_replicas(l, side), grid_rows = l->side[side].rows;
    double layers = x->work[side][hl_layout_stage(l, side, rank)], rows = mb < 0 ? 0 : rows_of(x, side, mb);
    double seconds = (mb < 0 ? 0 : own_seconds(x, side, rank, mb, times))
                     + (mb < 0 ? 0 : layers * peers_seconds(&j->machine, shape, rows, tp, grid_rows, times));
    double share = sizeof(float) * numbers_of(x, side, rank);
    if (hl_zero_shards_weights(j->zero)) seconds += travel(&j->machine, share, replicas);
    if (hl_zero_shards_gradients(j->zero) && times == 2) seconds += travel(&j->machine, share, replicas);
    return seconds;
}

double hl_prices_message(const hl_prices *x, hl_side side, int micro_batch)
{
    const double bytes = rows_of(x, side, micro_batch) * x->job->shape[side]->hidden_size * sizeof(float);
    return bytes / x->job->machine.wire;
}

/* ---- acts */

static double loss_seconds(const hl_cost_job *j)
{
    const hl_plan *p = j->plan;
    double K = 0;
    for (int t = 0; t < p->texts; t++) K += p->multiplicity[t] > 0;
    return 6 * p->rows * K * hl_transformer_vector_size(j->shape[HL_ITEM])
           / hl_layout_last_stage_ranks(j->layout, HL_ITEM) / j->machine.flops;
}

/* Weights and moments both ways, and gradients. */
static double update_seconds(const hl_prices *x, int rank)
{
    return 7 * sizeof(float) * (numbers_of(x, HL_ITEM, rank) + numbers_of(x, HL_USER, rank)) / x->job->machine.memory;
}

static double replicas_seconds(const hl_prices *x, hl_side side, int rank)
{
    const hl_cost_job *j = x->job;
    if (hl_zero_shards_gradients(j->zero)) return 0; /* they were summed layer by layer */
    return sum_seconds(&j->machine, sizeof(float) * numbers_of(x, side, rank), hl_layout_replicas(j->layout, side));
}

/* Every act has its case: what has none does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch-enum"
double hl_prices_act(const hl_prices *x, int rank, hl_task t)
{
    const hl_cost_job *j = x->job;
    const hl_layout *l = j->layout;
    const hl_machine *m = &j->machine;
    double rows = sizeof(float) * (double)j->plan->rows * hl_transformer_vector_size(j->shape[HL_ITEM]);
    const hl_side side = hl_act_table[t.act].side;
    switch (t.act) {
    case HL_ITEM_FORWARD:
    case HL_ITEM_RECOMPUTE:
    case HL_USER_FORWARD: return micro_batch_seconds(x, side, rank, t.micro_batch, 1);
    case HL_ITEM_BACKWARD:
    case HL_USER_BACKWARD: return micro_batch_seconds(x, side, rank, t.micro_batch, 2);
    case HL_GIVE_INPUTS:
    case HL_RETURN_INPUTS:
    case HL_GIVE_TARGETS:
    case HL_RETURN_TARGETS: return travel(m, rows / hl_layout_replicas(l, HL_USER), l->ranks);
    case HL_GIVE_ROWS: return travel(m, 2 * rows, l->ranks);
    case HL_RETURN_ROWS: return travel(m, rows, l->ranks);
    case HL_LOSS: return x->loss;
    case HL_SUM_ITEM:
    case HL_SUM_USER: return replicas_seconds(x, side, rank);
    case HL_UPDATE: return update_seconds(x, rank);
    case HL_TALLY: return m->latency * ceil(log2(l->ranks + 1));
    case HL_ITEM_RECEIVE:
    case HL_ITEM_SEND:
    case HL_ITEM_RECEIVE_BACK:
    case HL_ITEM_SEND_BACK:
    case HL_USER_RECEIVE:
    case HL_USER_SEND:
    case HL_USER_RECEIVE_BACK:
    case HL_USER_SEND_BACK: return 0; /* see hl_prices_message */
    case HL_USER_ROWS:
    case HL_USER_POSITIVES: return 0; /* passes over a few rows */
    case HL_ACTS: break;
    }
    HL_CHECK(false);
    return 0;
}
#pragma GCC diagnostic pop

static double shared_part(const hl_plan *p)
{
    double tokens = 0;
    for (int c = 0; c < p->micro_batches; c++) tokens += p->micro_batch_tokens[c];
    return (double)p->tokens / tokens;
}

static void open_side(hl_prices *x, hl_side side)
{
    const hl_cost_job *j = x->job;
    const int pp = j->layout->side[side].pp, width = hl_layout_width(j->layout, side);
    hl_stage_params shares;
    x->work[side] = hl_alloc((size_t)pp * sizeof(double));
    for (int i = 0; i < pp; i++) x->work[side][i] = hl_cost_work(j, side, i);
    hl_stage_params_open(&shares, j->layout, side, j->shape[side], j->item_tokens);
    x->numbers[side] = hl_alloc((size_t)width * sizeof(double));
    for (int i = 0; i < width; i++) x->numbers[side][i] = (double)shares.table[i].count;
    hl_stage_params_close(&shares);
}

void hl_prices_open(hl_prices *x, const hl_cost_job *j)
{
    *x = (hl_prices){.job = j, .shared = shared_part(j->plan), .loss = loss_seconds(j)};
    for (hl_side i = 0; i < HL_SIDES; i++) open_side(x, i);
}

void hl_prices_close(hl_prices *x)
{
    for (hl_side i = 0; i < HL_SIDES; i++) {
        free(x->work[i]);
        free(x->numbers[i]);
    }
}
