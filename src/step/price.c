/* price.c - what an act of a step takes on a machine: operations over its rate, bytes over the wire. */
#include "step/price.h"
#include "base/minmax.h"
#include "step/price-micro-batch.h"

static hl_wire_level level_of_all(const hl_cost_job *j)
{
    return hl_machine_level(&j->machine, 0, j->layout->ranks - 1);
}

/* Weights that count as updated: AdamW moves seven numbers of each, and six where there is no gradient. */
static double updated_of(const hl_prices *x, hl_side side, int rank)
{
    return (6 * hl_prices_numbers(x, side, rank) + hl_prices_gradients(x, side, rank)) / 7;
}

/* The weights that this rank updates of a side, and those that it gets of the others. */
static double update_of(const hl_prices *x, hl_side side, int rank)
{
    const hl_cost_job *j = x->job;
    const hl_machine *m = &j->machine;
    const int p = hl_layout_replicas(j->layout, side);
    const double n = hl_prices_numbers(x, side, rank), updated = updated_of(x, side, rank);
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
    const double n = hl_prices_gradients(x, side, rank) - (layers_are_summed ? hl_prices_layered(x, side, rank) : 0);
    return hl_machine_together(&j->machine, scatters ? HL_TOGETHER_WEIGHTS_SCATTER : HL_TOGETHER_WEIGHTS_SUM,
                               hl_prices_replicas_level(j, side, rank), sizeof(float) * n,
                               hl_layout_replicas(j->layout, side), 1);
}

/* Squares of the gradients, which replicas share, and the facts. */
static double tally_seconds(const hl_prices *x, int rank)
{
    const hl_cost_job *j = x->job;
    double n = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) n += hl_prices_gradients(x, i, rank) / hl_layout_replicas(j->layout, i);
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
double hl_price_act(const hl_prices *x, int rank, hl_task t)
{
    const hl_cost_job *j = x->job;
    const hl_layout *l = j->layout;
    const double D = hl_transformer_vector_size(j->shape[HL_ITEM]), rows = (double)j->plan->rows * D,
                 read = rows + (j->plan->fusion == HL_FUSION_EARLY ? j->plan->samples * D : 0);
    const hl_side side = hl_act_table[t.act].side;
    switch (t.act) {
    case HL_ITEM_FORWARD:
    case HL_ITEM_RECOMPUTE:
    case HL_USER_FORWARD: return hl_price_micro_batch(x, side, rank, t.micro_batch, 1);
    case HL_ITEM_BACKWARD:
    case HL_USER_BACKWARD: return hl_price_micro_batch(x, side, rank, t.micro_batch, 2);
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
    case HL_USER_SEND_BACK: return 0; /* see hl_price_message */
    case HL_USER_ROWS:
    case HL_USER_POSITIVES:
        return HL_UNIT_PASSES * hl_machine_numbers(&j->machine, HL_NUMBERS_READ, rows / hl_layout_replicas(l, HL_USER));
    case HL_PREDICT_LABELS: return labels_seconds(j);
    case HL_ACTS: break;
    }
    HL_CHECK(false);
    return 0;
}
#pragma GCC diagnostic pop

double hl_price_begin(const hl_prices *x, int rank)
{
    const hl_cost_job *j = x->job;
    double n = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const double all = hl_prices_gradients(x, i, rank), layered = hl_prices_layered(x, i, rank);
        const int p = hl_layout_replicas(j->layout, i);
        n += hl_zero_shards_gradients(j->zero) && all > 0 ? all - layered * (p - 1) / p : all;
    }
    return hl_machine_numbers(&j->machine, HL_NUMBERS_CLEAR, n);
}
