/* price-micro-batch.c - what a micro-batch takes the ranks of a stage: their work, what they do together in each layer,
 * and what replicas do of sharded weights and gradients. */
#include "step/price-micro-batch.h"
#include "base/minmax.h"
#include "step/stage-params.h"

/* ---- between ranks */

/* The ranks that share the layers of a rank. */
typedef struct {
    const hl_machine *machine;
    const hl_layout_side *side;
    hl_wire_level level;
} peers;

static peers peers_of(const hl_cost_job *j, hl_side side, int rank)
{
    const hl_layout_side *l = &j->layout->side[side];
    const int first = rank - hl_layout_share(j->layout, side, rank);
    return (peers){&j->machine, l, hl_machine_level(&j->machine, first, first + l->tp - 1)};
}

static double sum_of(const peers *p, double numbers)
{
    return hl_machine_together(p->machine, HL_TOGETHER_SUM, p->level, sizeof(float) * numbers, p->side->tp, 1);
}

/* Rows whole on every peer from some on each, and back. */
static double gather_of(const peers *p, double numbers)
{
    return hl_machine_together(p->machine, HL_TOGETHER_GATHER, p->level, sizeof(float) * numbers, p->side->tp, 1);
}
static double scatter_of(const peers *p, double numbers)
{
    return hl_machine_together(p->machine, HL_TOGETHER_SCATTER, p->level, sizeof(float) * numbers, p->side->tp, 1);
}

/* On a grid a layer's products go by panels. */
enum { PRODUCTS = 4 };
static int panels_of(const hl_layout_side *l) { return l->rows ? l->rows + l->tp / l->rows - 1 : 0; }

/* A grid: the panels of four products, of activations along its rows, of weights along its columns, which travel back
 * as sums too; and a sum of each row of two norms. */
static double grid_seconds(const peers *p, const hl_transformer *s, double rows, int times)
{
    const hl_machine *m = p->machine;
    const double D = s->hidden_size, F = s->intermediate_size, od = (double)s->num_attention_heads * s->head_dim;
    const int lines = p->side->rows, columns = p->side->tp / lines, calls = PRODUCTS * panels_of(p->side);
    const double x = sizeof(float) * rows / lines * (2 * D + od + F),
                 w = sizeof(float) * hl_transformer_layer_flop(s) / 2 / columns;
    double seconds = hl_machine_together(m, HL_TOGETHER_BROADCAST, p->level, x, columns, calls)
                     + hl_machine_together(m, HL_TOGETHER_BROADCAST, p->level, w, lines, calls)
                     + hl_machine_together(m, HL_TOGETHER_SUM, p->level, 2 * sizeof(double) * rows / lines, columns, 2);
    if (times == 2)
        seconds += hl_machine_together(m, HL_TOGETHER_SCATTER, p->level, x, columns, calls)
                   + hl_machine_together(m, HL_TOGETHER_WEIGHTS_SCATTER, p->level, w, lines, calls);
    return seconds;
}

/* Between peers, in a layer and one way: two sums; where each has some rows between products, the blocks of two sums,
 * and all rows before each product, in the backward also of what comes in. */
static double peers_seconds(const hl_cost_job *j, const peers *p, hl_side side, double rows, int times)
{
    const double n = rows * j->shape[side]->hidden_size;
    if (p->side->rows) return grid_seconds(p, j->shape[side], rows, times);
    if (!j->layout->sequence_parallel) return 2 * sum_of(p, n);
    return 2 * (scatter_of(p, n) + times * gather_of(p, n));
}

/* Once in a micro-batch: who goes on, the rows of the token table, and where peers have tiles what goes in and out. */
static double ends_seconds(const hl_cost_job *j, const peers *p, hl_side side, int rank, double rows, int times)
{
    const double n = rows * j->shape[side]->hidden_size;
    const bool takes_tokens = side == HL_ITEM && hl_layout_stage(j->layout, side, rank) == 0,
               is_grid = p->side->rows > 0;
    double seconds = sum_of(p, 1);
    if (takes_tokens && times == 1) seconds += sum_of(p, n);
    if (times == 2 && is_grid) seconds += sum_of(p, n);
    if (times == 2 && !is_grid && j->layout->sequence_parallel) seconds += gather_of(p, n);
    return seconds;
}

/* ---- micro-batches */

static double readings_of_users(const hl_plan *p, int mb) { return hl_plan_user_readings(p, mb); }

static double rows_of(const hl_prices *x, hl_side side, int mb)
{
    return side == HL_USER ? readings_of_users(x->job->plan, mb) : x->shared * x->job->plan->micro_batch_tokens[mb];
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

/* A rank's work on a micro-batch, and its wait for the slowest of those with whom it meets in each layer. */
static double late_seconds(const hl_prices *x, hl_side side, int rank, double own, int times)
{
    const hl_cost_job *j = x->job;
    const hl_layout_side *l = &j->layout->side[side];
    const bool meets_replicas = hl_zero_shards_weights(j->zero) || (hl_zero_shards_gradients(j->zero) && times == 2);
    const int p = l->tp * (meets_replicas ? hl_layout_replicas(j->layout, side) : 1),
              each = l->rows     ? PRODUCTS * panels_of(l)
                     : l->tp > 1 ? 2
                                 : 1,
              meetings = each * hl_max(hl_prices_layers(x, side, rank), 1);
    return own * hl_noise_share(&j->machine.noise, own / meetings, p);
}

/* Of layers between the replicas: their weights before they are used, their gradients after, of which those of others
 * become zero. */
static double sharded_seconds(const hl_prices *x, hl_side side, int rank, int times)
{
    const hl_cost_job *j = x->job;
    const hl_machine *m = &j->machine;
    const int p = hl_layout_replicas(j->layout, side), layers = hl_prices_layers(x, side, rank);
    const hl_wire_level level = hl_prices_replicas_level(j, side, rank);
    const double n = hl_prices_layered(x, side, rank), bytes = sizeof(float) * n;
    const bool weights = hl_zero_shards_weights(j->zero), gradients = hl_zero_shards_gradients(j->zero) && times == 2;
    double seconds = 0;
    if (weights) seconds += hl_machine_together(m, HL_TOGETHER_WEIGHTS_GATHER, level, bytes, p, layers);
    if (gradients)
        seconds += hl_machine_together(m, HL_TOGETHER_WEIGHTS_SCATTER, level, bytes, p, layers)
                   + hl_machine_numbers(m, HL_NUMBERS_CLEAR, n * (p - 1) / p);
    return seconds;
}

double hl_price_micro_batch(const hl_prices *x, hl_side side, int rank, int mb, int times)
{
    const hl_cost_job *j = x->job;
    const peers p = peers_of(j, side, rank);
    const double sharded = sharded_seconds(x, side, rank, times);
    if (mb < 0) return sharded;
    const double layers = x->work[side][hl_layout_stage(j->layout, side, rank)], rows = rows_of(x, side, mb),
                 own = own_seconds(x, side, rank, mb, times);
    return sharded + own + late_seconds(x, side, rank, own, times) + layers * peers_seconds(j, &p, side, rows, times)
           + ends_seconds(j, &p, side, rank, rows, times);
}

double hl_price_message(const hl_prices *x, hl_side side, int micro_batch, int from, int to)
{
    const hl_machine *m = &x->job->machine;
    const double bytes = rows_of(x, side, micro_batch) * x->job->shape[side]->hidden_size * sizeof(float);
    return hl_machine_together(m, HL_TOGETHER_MESSAGE, hl_machine_level(m, from, to), bytes, 2, 0);
}
