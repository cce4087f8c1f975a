/* prices.c - what is the same for many acts of a step, worked out once. */
#include "step/prices.h"
#include "base/minmax.h"
#include "step/stage-params.h"
#include <stdlib.h>

enum { SUMMARY = 40 }; /* bytes, of a row (hl_nce_part) */

static double loss_seconds(const hl_cost_job *j)
{
    const hl_plan *p = j->plan;
    double K = 0;
    for (int t = 0; t < p->texts; t++) K += p->multiplicity[t] > 0;
    const hl_layout *l = j->layout;
    const hl_machine *m = &j->machine;
    const int D = hl_transformer_vector_size(j->shape[HL_ITEM]), tp = l->side[HL_ITEM].tp,
              replicas = hl_layout_replicas(l, HL_ITEM), first = hl_layout_last_stage_rank(l, HL_ITEM, 0);
    const hl_wire_level all = hl_prices_replicas_level(j, HL_ITEM, first),
                        peers = hl_machine_level(m, first, first + tp - 1);
    const double mine = K / hl_layout_last_stage_ranks(l, HL_ITEM),
                 pairs = p->each ? (double)p->rows * p->each / hl_layout_last_stage_ranks(l, HL_ITEM) : p->rows * mine,
                 summary = SUMMARY * p->rows;
    const double rows = hl_machine_loss(m, pairs, D, HL_FORWARD_WAY)
                        + hl_machine_together(m, HL_TOGETHER_SUM, all, summary, replicas, 1)
                        + hl_machine_together(m, HL_TOGETHER_SUM, peers, summary, tp, 1),
                 back = hl_machine_loss(m, pairs, D, HL_BACKWARD_WAY),
                 units = hl_machine_numbers(m, HL_NUMBERS_READ, mine * D);
    if (p->items_frozen)
        return rows + back * 2 / 3 + units; /* of three products the one for the negatives is left out */
    return rows + back + HL_UNIT_PASSES * units
           + hl_machine_together(m, HL_TOGETHER_SUM, peers, sizeof(float) * (double)p->texts / replicas * D, tp, 1);
}

static double rows_of_users(const hl_plan *p, int mb)
{
    return p->row_begin[p->user_micro_batch_begin[mb + 1]] - p->row_begin[p->user_micro_batch_begin[mb]];
}

/* Rows of the loss of the user replica that has most, which its first rank of the last stage holds. */
static double most_rows(const hl_cost_job *j)
{
    const hl_plan *p = j->plan;
    double most = (double)p->rows / hl_layout_replicas(j->layout, HL_USER);
    if (!j->share) return most;
    double *rows = hl_alloc_zero((size_t)j->layout->ranks, sizeof *rows);
    for (int c = 0; c < p->user_micro_batches; c++)
        most = hl_max(most, rows[j->share->user_micro_batch[c]] += rows_of_users(p, c));
    free(rows);
    return most;
}

static double shared_part(const hl_plan *p)
{
    double tokens = 0;
    for (int c = 0; c < p->micro_batches; c++) tokens += p->micro_batch_tokens[c];
    return (double)p->tokens / tokens;
}

/* The numbers of all layers; how many layers. */
static double count_layers(int *layers, const hl_params *t)
{
    size_t *begin = hl_alloc((size_t)(t->n + 1) * sizeof *begin);
    *layers = hl_params_layers(begin, t);
    const double n = (double)(begin[*layers] - begin[0]);
    free(begin);
    return n;
}

static void open_side(hl_prices *x, hl_side side)
{
    const hl_cost_job *j = x->job;
    const int pp = j->layout->side[side].pp, width = hl_layout_width(j->layout, side);
    const bool frozen = side == HL_ITEM && j->plan->items_frozen;
    hl_stage_params shares;
    x->work[side] = hl_alloc((size_t)pp * sizeof(double));
    for (int i = 0; i < pp; i++) x->work[side][i] = hl_cost_work(j, side, i);
    hl_stage_params_open(&shares, j->layout, side, j->shape[side], j->item_tokens);
    x->numbers[side] = hl_alloc(3 * (size_t)width * sizeof(double));
    x->layered[side] = x->numbers[side] + width;
    x->unread[side] = x->layered[side] + width;
    x->layers[side] = hl_alloc((size_t)width * sizeof(int));
    for (int i = 0; i < width; i++) {
        x->numbers[side][i] = frozen ? 0 : (double)shares.table[i].count;
        x->unread[side][i] = frozen ? 0 : (double)hl_zero_unread(&shares.table[i], j->plan->texts);
        x->layered[side][i] = count_layers(&x->layers[side][i], &shares.table[i]);
    }
    hl_stage_params_close(&shares);
}

void hl_prices_open(hl_prices *x, const hl_cost_job *j)
{
    *x = (hl_prices){.job = j, .shared = shared_part(j->plan), .loss = loss_seconds(j), .most_rows = most_rows(j)};
    for (hl_side i = 0; i < HL_SIDES; i++) open_side(x, i);
}

void hl_prices_close(hl_prices *x)
{
    for (hl_side i = 0; i < HL_SIDES; i++) {
        free(x->work[i]);
        free(x->numbers[i]);
        free(x->layers[i]);
    }
}

double hl_prices_numbers(const hl_prices *x, hl_side side, int rank)
{
    const hl_layout *l = x->job->layout;
    return hl_layout_has(l, side, rank) ? x->numbers[side][hl_stage_params_place(l, side, rank)] : 0;
}

double hl_prices_gradients(const hl_prices *x, hl_side side, int rank)
{
    const hl_layout *l = x->job->layout;
    if (!hl_layout_has(l, side, rank)) return 0;
    return hl_prices_numbers(x, side, rank) - x->unread[side][hl_stage_params_place(l, side, rank)];
}

double hl_prices_layered(const hl_prices *x, hl_side side, int rank)
{
    const hl_layout *l = x->job->layout;
    return hl_layout_has(l, side, rank) ? x->layered[side][hl_stage_params_place(l, side, rank)] : 0;
}

int hl_prices_layers(const hl_prices *x, hl_side side, int rank)
{
    return x->layers[side][hl_stage_params_place(x->job->layout, side, rank)];
}

hl_wire_level hl_prices_replicas_level(const hl_cost_job *j, hl_side side, int rank)
{
    const hl_layout *l = j->layout;
    const int first = l->side[side].begin + (rank - l->side[side].begin) % hl_layout_width(l, side);
    return hl_machine_level(&j->machine, first,
                            hl_layout_first_rank(l, side, hl_layout_replicas(l, side) - 1) + first
                                - l->side[side].begin);
}
