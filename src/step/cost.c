/* cost.c - what a step costs before it is run: seconds and bytes of each rank. */
#include "step/cost.h"
#include "model/stages.h"
#include <math.h>
#include <stdlib.h>

/* ---- who does an act together */

static bool does_with(const hl_cost_job *j, hl_act act, int rank, int other)
{
    const hl_layout *l = j->layout;
    const hl_act_company with = hl_act_table[act].with;
    const hl_side side = hl_act_table[act].side;
    if (rank == other || with == HL_WITH_NOBODY || with == HL_WITH_ALL) return with == HL_WITH_ALL || rank == other;
    if (!hl_layout_has(l, side, other)) return false;
    if (with == HL_WITH_VECTORS) return hl_layout_is_last_stage(l, side, other);
    if (hl_layout_stage(l, side, rank) != hl_layout_stage(l, side, other)) return false;
    return with == HL_WITH_REPLICAS || j->share->lockstep
           || hl_layout_replica(l, side, rank) == hl_layout_replica(l, side, other);
}

/* ---- what ranks hold */

static hl_zero_state state_of(const hl_cost_job *j, const hl_stage_params *shares, hl_side side, int rank)
{
    const hl_layout *l = j->layout;
    if (!hl_layout_has(l, side, rank)) return (hl_zero_state){0};
    return hl_zero_state_of(hl_stage_params_of(shares, rank), j->zero, j->plan->groups, hl_layout_replicas(l, side),
                            hl_layout_replica(l, side, rank));
}

double hl_cost_state_bytes(const hl_cost_job *j, const hl_stage_params shares[HL_SIDES], int rank)
{
    hl_zero_state state[HL_SIDES];
    for (hl_side i = 0; i < HL_SIDES; i++) state[i] = state_of(j, &shares[i], i, rank);
    return hl_zero_bytes(state);
}

/* ---- seconds of acts */

typedef enum { FORWARD, BACK, WAYS } way;

/* Between the stages of a side, one way. */
typedef struct {
    double *there;        /* (ranks x tasks) when each message that a rank sends is there */
    int *sent, *received; /* (ranks) */
} messages;

typedef struct {
    const hl_cost_job *j;
    hl_cost *cost;
    int *at;               /* (ranks) next task */
    double *clock;         /* (ranks) */
    double *sum[HL_SIDES]; /* (ranks) numbers of the shares */
    double shared;         /* of the tokens of all micro-batches, those that are encoded */
    messages sent[HL_SIDES][WAYS];
    int most; /* tasks of a rank */
} play;

/* Each of p ranks sends so many bytes of n, in log p messages at best. */
static double travel(const hl_machine *m, double bytes, int p)
{
    return p > 1 ? bytes * (p - 1) / p / m->wire + m->latency * ceil(log2(p)) : 0;
}

static double sum_seconds(const hl_machine *m, double bytes, int p) { return 2 * travel(m, bytes, p); }

/* Is one row of each sequence read out? */
static bool last_only(const hl_cost_job *j, hl_side side) { return side == HL_ITEM && j->item_tokens > 0; }

hl_transformer_layers hl_cost_layers(const hl_cost_job *j, hl_side side, int rank)
{
    return hl_stages_layers(j->shape[side], last_only(j, side), hl_layout_stage(j->layout, side, rank),
                            j->layout->side[side].pp);
}

static double layers_of(const hl_cost_job *j, hl_side side, int stage)
{
    return hl_stages_work(j->shape[side], last_only(j, side), stage, j->layout->side[side].pp);
}

static double rows_of_users(const hl_plan *p, int mb)
{
    return p->row_begin[p->user_micro_batch_begin[mb + 1]] - p->row_begin[p->user_micro_batch_begin[mb]];
}

/* Of a micro-batch: rows, and bytes of one number a row and hidden unit. */
static double rows_of(const play *x, hl_side side, int mb)
{
    return side == HL_USER ? rows_of_users(x->j->plan, mb) : x->shared * x->j->plan->micro_batch_tokens[mb];
}

/* Norms, residuals, rotation, attention and gating read and write each number of a row so often, between the
 * products. */
enum { HIDDEN_PASSES = 24, WIDE_PASSES = 8 };

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

/* times: 1 forward, 2 backward.  With zero, a layer's numbers between the replicas. */
static double micro_batch_seconds(const play *x, hl_side side, int rank, int mb, int times)
{
    const hl_cost_job *j = x->j;
    const hl_layout *l = j->layout;
    const hl_transformer *shape = j->shape[side];
    const int tp = l->side[side].tp, replicas = hl_layout_replicas(l, side), grid_rows = l->side[side].rows;
    double layers = layers_of(j, side, hl_layout_stage(l, side, rank)), rows = mb < 0 ? 0 : rows_of(x, side, mb);
    double flop = rows * hl_transformer_layer_flop(shape) * layers / tp;
    double passed = rows * layers * sizeof(float)
                    * (HIDDEN_PASSES * (double)shape->hidden_size / (grid_rows ? tp : 1)
                       + WIDE_PASSES * (double)shape->intermediate_size / tp);
    double seconds = times * (flop / j->machine.flops + passed / j->machine.memory)
                     + (mb < 0 ? 0 : layers * peers_seconds(&j->machine, shape, rows, tp, grid_rows, times));
    double share = sizeof(float) * x->sum[side][rank];
    if (j->zero >= 3) seconds += travel(&j->machine, share, replicas);
    if (j->zero >= 2 && times == 2) seconds += travel(&j->machine, share, replicas);
    return seconds;
}

static double loss_seconds(const play *x)
{
    const hl_plan *p = x->j->plan;
    double K = 0;
    for (int t = 0; t < p->texts; t++) K += p->multiplicity[t] > 0;
    return 6 * p->rows * K * x->j->shape[HL_ITEM]->hidden_size / hl_layout_last_stage_ranks(x->j->layout, HL_ITEM)
           / x->j->machine.flops;
}

/* Every act has its case: what has none does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch-enum"
static double seconds_of(const play *x, int rank, hl_task t)
{
    const hl_cost_job *j = x->j;
    const hl_layout *l = j->layout;
    const hl_machine *m = &j->machine;
    double rows = sizeof(float) * (double)j->plan->rows * j->shape[HL_ITEM]->hidden_size;
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
    case HL_LOSS: return loss_seconds(x);
    case HL_SUM_ITEM:
    case HL_SUM_USER:
        return j->zero < 2 ? sum_seconds(m, sizeof(float) * x->sum[side][rank], hl_layout_replicas(l, side)) : 0;
    case HL_UPDATE:
        return 7 * sizeof(float) * (x->sum[HL_ITEM][rank] + x->sum[HL_USER][rank])
               / m->memory; /* w, m, v both ways and g */
    case HL_TALLY: return m->latency * ceil(log2(l->ranks + 1));
    case HL_ITEM_RECEIVE:
    case HL_ITEM_SEND:
    case HL_ITEM_RECEIVE_BACK:
    case HL_ITEM_SEND_BACK:
    case HL_USER_RECEIVE:
    case HL_USER_SEND:
    case HL_USER_RECEIVE_BACK:
    case HL_USER_SEND_BACK: return 0; /* see `messages` */
    case HL_USER_ROWS:
    case HL_USER_POSITIVES: return 0; /* passes over a few rows */
    case HL_ACTS: break;
    }
    HL_CHECK(false);
    return 0;
}
#pragma GCC diagnostic pop

/* ---- playing */

/* Does this act send or receive messages of its side, and which way do they go? */
static bool is_message(hl_act act, way *to, bool *receives)
{
    const hl_side_acts *of = &hl_side_act[hl_act_table[act].side];
    *to = act == of->send_back || act == of->receive_back ? BACK : FORWARD;
    *receives = act == of->receive || act == of->receive_back;
    return *receives || act == of->send || act == of->send_back;
}

/* The rank whose messages this rank receives. */
static int sender(const hl_layout *l, hl_side side, int rank, way to)
{
    return to == FORWARD ? rank - l->side[side].tp : rank + l->side[side].tp;
}

static void take_time(play *x, int rank, hl_act act, double begin, double end)
{
    x->cost[rank].seconds[act] += end - x->clock[rank];
    x->cost[rank].waiting += begin - x->clock[rank];
    x->clock[rank] = end;
    x->at[rank]++;
}

static bool send(play *x, int rank, hl_task t, way to)
{
    const hl_machine *m = &x->j->machine;
    const hl_side side = hl_act_table[t.act].side;
    messages *mine = &x->sent[side][to];
    double bytes = rows_of(x, side, t.micro_batch) * x->j->shape[HL_ITEM]->hidden_size * sizeof(float);
    mine->there[rank * x->most + mine->sent[rank]++] = x->clock[rank] + m->latency + bytes / m->wire;
    take_time(x, rank, t.act, x->clock[rank], x->clock[rank] + m->latency);
    return true;
}

/* false: it is not sent yet. */
static bool receive(play *x, int rank, hl_task t, way to)
{
    const hl_side side = hl_act_table[t.act].side;
    messages *theirs = &x->sent[side][to];
    const int from = sender(x->j->layout, side, rank, to);
    if (theirs->sent[from] <= theirs->received[rank]) return false;
    double there = theirs->there[from * x->most + theirs->received[rank]++], begin = fmax(there, x->clock[rank]);
    take_time(x, rank, t.act, begin, begin);
    return true;
}

/* One act of this rank, and of those that do it together. */
static bool move(play *x, int rank)
{
    const hl_cost_job *j = x->j;
    if (x->at[rank] == j->schedule[rank].n) return false;
    hl_task t = j->schedule[rank].task[x->at[rank]];
    way to;
    bool receives;
    if (is_message(t.act, &to, &receives)) return (receives ? receive : send)(x, rank, t, to);
    double begin = 0, longest = 0;
    for (int q = 0; q < j->layout->ranks; q++) {
        if (!does_with(j, t.act, rank, q)) continue;
        if (x->at[q] == j->schedule[q].n || j->schedule[q].task[x->at[q]].act != t.act) return false;
        double seconds = seconds_of(x, q, j->schedule[q].task[x->at[q]]);
        if (x->clock[q] > begin) begin = x->clock[q];
        if (seconds > longest) longest = seconds;
    }
    for (int q = 0; q < j->layout->ranks; q++)
        if (does_with(j, t.act, rank, q)) take_time(x, q, t.act, begin, begin + longest);
    return true;
}

static void count_numbers(play *x, hl_side side)
{
    const hl_layout *l = x->j->layout;
    hl_stage_params shares;
    hl_stage_params_open(&shares, l, side, x->j->shape[side], x->j->item_tokens);
    x->sum[side] = hl_alloc_zero((size_t)l->ranks, sizeof(double));
    for (int r = 0; r < l->ranks; r++)
        if (hl_layout_has(l, side, r)) x->sum[side][r] = (double)hl_stage_params_of(&shares, r)->count;
    hl_stage_params_close(&shares);
}

static void open_play(play *x, hl_cost *cost, const hl_cost_job *j)
{
    int ranks = j->layout->ranks;
    double tokens = 0;
    *x = (play){.j = j,
                .cost = cost,
                .at = hl_alloc_zero((size_t)ranks, sizeof(int)),
                .clock = hl_alloc_zero((size_t)ranks, sizeof(double))};
    for (hl_side i = 0; i < HL_SIDES; i++) count_numbers(x, i);
    for (int r = 0; r < ranks; r++) {
        cost[r] = (hl_cost){0};
        if (j->schedule[r].n > x->most) x->most = j->schedule[r].n;
    }
    for (int c = 0; c < j->plan->micro_batches; c++) tokens += j->plan->micro_batch_tokens[c];
    x->shared = (double)j->plan->tokens / tokens;
    for (int k = 0; k < HL_SIDES * WAYS; k++) {
        messages *sent = &x->sent[k / WAYS][k % WAYS];
        sent->there = hl_alloc_zero((size_t)ranks * (size_t)x->most, sizeof(double));
        sent->sent = hl_alloc_zero((size_t)ranks, sizeof(int));
        sent->received = hl_alloc_zero((size_t)ranks, sizeof(int));
    }
}

static void close_play(play *x)
{
    for (int k = 0; k < HL_SIDES * WAYS; k++) {
        messages *sent = &x->sent[k / WAYS][k % WAYS];
        free(sent->there);
        free(sent->sent);
        free(sent->received);
    }
    free(x->at);
    free(x->clock);
    for (hl_side i = 0; i < HL_SIDES; i++) free(x->sum[i]);
}

double hl_cost_play(hl_cost *cost, const hl_cost_job *j)
{
    play x;
    double longest = 0;
    bool moved = true;
    open_play(&x, cost, j);
    while (moved) {
        moved = false;
        for (int r = 0; r < j->layout->ranks; r++) moved = move(&x, r) || moved;
    }
    for (int r = 0; r < j->layout->ranks; r++) {
        HL_CHECK(x.at[r] == j->schedule[r].n); /* no deadlock */
        cost[r].step = x.clock[r];
        if (x.clock[r] > longest) longest = x.clock[r];
    }
    close_play(&x);
    return longest;
}
