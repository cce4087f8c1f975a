/* price.c - what an act of a step takes on a machine: operations over its rate, bytes over the wire. */
#include "step/price.h"
#include "base/minmax.h"
#include "step/stage-params.h"
#include <stdlib.h>

/* ---- shares of ranks */

/* That are trained of this rank's share of its layers; 0 outside of the side. */
static double numbers_of(const hl_prices *x, hl_side side, int rank)
{
    const hl_layout *l = x->job->layout;
    return hl_layout_has(l, side, rank) ? x->numbers[side][hl_stage_params_place(l, side, rank)] : 0;
}

/* Of these, those that have a gradient. */
static double gradients_of(const hl_prices *x, hl_side side, int rank)
{
    const hl_layout *l = x->job->layout;
    if (!hl_layout_has(l, side, rank)) return 0;
    return numbers_of(x, side, rank) - x->unread[side][hl_stage_params_place(l, side, rank)];
}

/* ---- acts */

static hl_wire_level level_of_all(const hl_cost_job *j)
{
    return hl_machine_level(&j->machine, 0, j->layout->ranks - 1);
}

/* Bytes of a row's summary (hl_nce_part); passes over vectors that become unit vectors, and back. */
enum { SUMMARY = 40, UNIT_PASSES = 2 };

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
    return rows + back + UNIT_PASSES * units
           + hl_machine_together(m, HL_TOGETHER_SUM, peers, sizeof(float) * (double)p->texts / replicas * D, tp, 1);
}

/* Weights that count as updated: AdamW moves seven numbers of each, and six where there is no gradient. */
static double updated_of(const hl_prices *x, hl_side side, int rank)
{
    return (6 * numbers_of(x, side, rank) + gradients_of(x, side, rank)) / 7;
}

/* The weights that this rank updates of a side, and those that it gets of the others. */
static double update_of(const hl_prices *x, hl_side side, int rank)
{
    const hl_cost_job *j = x->job;
    const hl_machine *m = &j->machine;
    const int p = hl_layout_replicas(j->layout, side);
    const double n = numbers_of(x, side, rank), updated = updated_of(x, side, rank);
    if (n == 0 || !hl_zero_shards_moments(j->zero)) return hl_machine_numbers(m, HL_NUMBERS_UPDATE, updated);
    const double gathered = hl_zero_shards_weights(j->zero) ? n - hl_prices_layered(x, side, rank) : n,
                 calls = hl_zero_shards_weights(j->zero)     ? 2
                         : hl_zero_shards_gradients(j->zero) ? hl_prices_layers(x, side, rank) + 2
                                                             : 1;
    return hl_machine_numbers(m, HL_NUMBERS_UPDATE, updated / p)
           + hl_machine_together(m, HL_TOGETHER_WEIGHTS_GATHER, hl_prices_replicas_level(j, side, rank),
                                 sizeof(float) * gathered, p, calls);
}

static double update_seconds(const hl_prices *x, int rank)
{
    return update_of(x, HL_ITEM, rank) + update_of(x, HL_USER, rank);
}

/* Layers that were summed in the backward are left out. */
static double replicas_seconds(const hl_prices *x, hl_side side, int rank)
{
    const hl_cost_job *j = x->job;
    const bool scatters = hl_zero_shards_moments(j->zero), layers_are_summed = hl_zero_shards_gradients(j->zero);
    const double n = gradients_of(x, side, rank) - (layers_are_summed ? hl_prices_layered(x, side, rank) : 0);
    return hl_machine_together(&j->machine, scatters ? HL_TOGETHER_WEIGHTS_SCATTER : HL_TOGETHER_WEIGHTS_SUM,
                               hl_prices_replicas_level(j, side, rank), sizeof(float) * n,
                               hl_layout_replicas(j->layout, side), 1);
}

/* Squares of the gradients, which replicas share, and the facts. */
static double tally_seconds(const hl_prices *x, int rank)
{
    const hl_cost_job *j = x->job;
    double n = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) n += gradients_of(x, i, rank) / hl_layout_replicas(j->layout, i);
    return hl_machine_numbers(&j->machine, HL_NUMBERS_SQUARES, n)
           + hl_machine_together(&j->machine, HL_TOGETHER_SUM, level_of_all(j), 0, j->layout->ranks, 1);
}

/* Rows of vectors from each to each, of which a rank sends or gets so many numbers at the most; they are copied before
 * they go and when they are there. */
static double exchange_seconds(const hl_cost_job *j, double numbers, double copied)
{
    const int p = j->layout->ranks;
    return hl_machine_together(&j->machine, HL_TOGETHER_EXCHANGE, level_of_all(j), sizeof(float) * numbers, p, 1)
           + 2 * hl_machine_numbers(&j->machine, HL_NUMBERS_READ, copied);
}

/* Between the ranks that have texts and those that read them: each reading once to every rank of the reader's stage, by
 * one of the holder's; back likewise. */
static double readings_seconds(const hl_cost_job *j, double rows, bool back)
{
    const hl_layout *l = j->layout;
    const hl_side to = back ? HL_ITEM : HL_USER, from = back ? HL_USER : HL_ITEM;
    const double got = rows / hl_layout_replicas(l, to),
                 sent = rows * l->side[to].tp / hl_layout_last_stage_ranks(l, from);
    return exchange_seconds(j, hl_max(got, sent), hl_max(got, sent));
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

/* User rows to all item ranks that have vectors, or back: these have all rows, and whoever holds most has them once for
 * each of these ranks.  With few user replicas that is by far the longer way. */
static double rows_seconds(const hl_prices *x, double vectors_a_row)
{
    const hl_cost_job *j = x->job;
    const double width = vectors_a_row * hl_transformer_vector_size(j->shape[HL_ITEM]), all = j->plan->rows,
                 held = x->most_rows * hl_layout_last_stage_ranks(j->layout, HL_ITEM);
    return exchange_seconds(j, width * hl_max(all, held), width * all);
}

/* The head, forward and back, and rows that are copied. */
static double labels_seconds(const hl_cost_job *j)
{
    const hl_transformer *user = j->shape[HL_USER];
    const double n = (double)j->plan->samples / hl_layout_replicas(j->layout, HL_USER), D = user->hidden_size,
                 in = user->fusion == HL_FUSION_LATE ? 2 * D : D;
    hl_work w = {0};
    hl_work_add_product(&w, n, in, user->head_size);
    return hl_machine_seconds(&j->machine, &w, HL_FORWARD_WAY) + hl_machine_seconds(&j->machine, &w, HL_BACKWARD_WAY)
           + hl_machine_numbers(&j->machine, HL_NUMBERS_READ, 2 * n * D);
}

/* Every act has its case: what has none does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch-enum"
double hl_prices_act(const hl_prices *x, int rank, hl_task t)
{
    const hl_cost_job *j = x->job;
    const hl_layout *l = j->layout;
    const double D = hl_transformer_vector_size(j->shape[HL_ITEM]), rows = (double)j->plan->rows * D,
                 read = rows + (j->plan->fusion == HL_FUSION_EARLY ? j->plan->samples * D : 0);
    const hl_side side = hl_act_table[t.act].side;
    switch (t.act) {
    case HL_ITEM_FORWARD:
    case HL_ITEM_RECOMPUTE:
    case HL_USER_FORWARD: return hl_prices_micro_batch(x, side, rank, t.micro_batch, 1);
    case HL_ITEM_BACKWARD:
    case HL_USER_BACKWARD: return hl_prices_micro_batch(x, side, rank, t.micro_batch, 2);
    case HL_GIVE_INPUTS: return readings_seconds(j, read, false);
    case HL_GIVE_TARGETS: return readings_seconds(j, rows, false);
    case HL_RETURN_INPUTS: return readings_seconds(j, read, true);
    case HL_RETURN_TARGETS: return readings_seconds(j, rows, true);
    case HL_GIVE_ROWS: return rows_seconds(x, 2);
    case HL_RETURN_ROWS: return rows_seconds(x, 1);
    case HL_LOSS: return x->loss;
    case HL_SUM_ITEM:
    case HL_SUM_USER: return replicas_seconds(x, side, rank);
    case HL_UPDATE: return update_seconds(x, rank);
    case HL_TALLY: return tally_seconds(x, rank);
    case HL_ITEM_RECEIVE:
    case HL_ITEM_SEND:
    case HL_ITEM_RECEIVE_BACK:
    case HL_ITEM_SEND_BACK:
    case HL_USER_RECEIVE:
    case HL_USER_SEND:
    case HL_USER_RECEIVE_BACK:
    case HL_USER_SEND_BACK: return 0; /* see hl_prices_message */
    case HL_USER_ROWS:
    case HL_USER_POSITIVES:
        return UNIT_PASSES * hl_machine_numbers(&j->machine, HL_NUMBERS_READ, rows / hl_layout_replicas(l, HL_USER));
    case HL_PREDICT_LABELS: return labels_seconds(j);
    case HL_ACTS: break;
    }
    HL_CHECK(false);
    return 0;
}
#pragma GCC diagnostic pop

double hl_prices_begin(const hl_prices *x, int rank)
{
    const hl_cost_job *j = x->job;
    double n = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const double all = gradients_of(x, i, rank), layered = hl_prices_layered(x, i, rank);
        const int p = hl_layout_replicas(j->layout, i);
        n += hl_zero_shards_gradients(j->zero) && all > 0 ? all - layered * (p - 1) / p : all;
    }
    return hl_machine_numbers(&j->machine, HL_NUMBERS_CLEAR, n);
}

hl_wire_level hl_prices_replicas_level(const hl_cost_job *j, hl_side side, int rank)
{
    const hl_layout *l = j->layout;
    const int first = l->side[side].begin + (rank - l->side[side].begin) % hl_layout_width(l, side);
    return hl_machine_level(&j->machine, first,
                            hl_layout_first_rank(l, side, hl_layout_replicas(l, side) - 1) + first
                                - l->side[side].begin);
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
