/* traffic.c - bytes and messages of each rank in each group of ranks: the lists of acts are gone through, and each act
 * adds what it sends. */
#include "app/bench/traffic.h"
#include "app/bench/traffic-walk.h"
#include "base/fold.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/criterion.h"
#include "mpi/comm/blocks.h"
#include "mpi/train/loss.h"
#include "mpi/train/route.h"
#include "mpi/train/tally.h"
#include "step/zero.h"
#include <stdlib.h>

static hl_traffic_place place_of(const hl_traffic_walk *x, hl_side side, int rank)
{
    const hl_layout *l = x->l;
    return (hl_traffic_place){side,
                              rank,
                              l->side[side].tp,
                              hl_layout_share(l, side, rank),
                              l->side[side].pp,
                              hl_layout_stage(l, side, rank),
                              hl_layout_replicas(l, side),
                              hl_layout_replica(l, side, rank),
                              hl_stage_params_of(&x->table[side], rank),
                              &x->shards[side][hl_stage_params_place(l, side, rank)],
                              &x->sparse[side][hl_stage_params_place(l, side, rank)],
                              x->sent[rank]};
}

/* ---- micro-batches */

static void add(hl_sent *to, const hl_sent *s)
{
    to->bytes += s->bytes;
    to->messages += s->messages;
}

static void add_layers(const hl_traffic_walk *x, const hl_traffic_place *p, bool scattered)
{
    hl_traffic_layers *its = &x->layers[2 * p->side + scattered];
    if (its->rank != p->rank) {
        hl_sent *dp = hl_traffic_walk_dp(p);
        const hl_sent before = *dp;
        *dp = (hl_sent){0};
        hl_traffic_walk_layers(p, scattered ? hl_sent_reduce_scatter : hl_sent_all_gather_blocks);
        *its = (hl_traffic_layers){p->rank, *dp};
        *dp = before;
    }
    add(hl_traffic_walk_dp(p), &its->sent);
}

static void add_pass(const hl_traffic_walk *x, const hl_traffic_place *p, int mb, bool back)
{
    const int share = hl_stage_params_place(x->l, p->side, p->rank);
    if (x->c->zero >= 3) add_layers(x, p, false);
    if (x->c->zero >= 2 && back) add_layers(x, p, true);
    if (mb >= 0) add(hl_traffic_walk_tp(p), &x->heard->talk[p->side][share][2 * mb + back]);
}

static void add_message(const hl_traffic_walk *x, const hl_traffic_place *p, int mb)
{
    hl_sent_rows(&p->sent[hl_traffic_walk_groups[p->side].pp], (size_t)x->heard->pack_rows[p->side][mb],
                 (size_t)x->f->job.shape[p->side]->hidden_size * sizeof(float));
}

/* ---- the loss */

static size_t width_of(const hl_traffic_walk *x) { return (size_t)hl_transformer_vector_size(&x->f->item); }

static int slices_of(const hl_traffic_walk *x)
{
    return x->f->plan.groups ? x->c->exact_tp / x->l->side[HL_ITEM].tp : 1;
}

/* Over groups of micro-batches, then over slices (mpi/train/loss.c). */
static void add_fold(const hl_traffic_walk *x, const hl_traffic_place *p, size_t n, size_t size, hl_combine combine)
{
    hl_sent_all_reduce_with(hl_traffic_walk_dp(p), p->dp, p->dp_rank, (size_t)slices_of(x) * n, size, combine);
    hl_sent_all_reduce_with(hl_traffic_walk_tp(p), p->tp, p->tp_rank, n, size, combine);
}

static void add_loss(const hl_traffic_walk *x, const hl_traffic_place *p)
{
    const size_t R = (size_t)x->f->plan.rows;
    const int first = hl_layout_first_rank_of(x->l, HL_ITEM, p->rank);
    add_fold(x, p, R, hl_criteria[x->c->loss]->size, NULL);
    if (x->f->plan.groups) {
        add_fold(x, p, R * width_of(x), sizeof(float), hl_fold_floats);
        add_fold(x, p, 1, sizeof(double), NULL);
    }
    if (!x->f->plan.items_frozen)
        hl_sent_all_reduce(hl_traffic_walk_tp(p), p->tp, p->tp_rank, (size_t)x->rows[HL_ITEM][first] * width_of(x));
}

/* Rows of the loss that a rank has: the first one of the last stage those of its replica. */
static int loss_rows(const hl_traffic_walk *x, int rank)
{
    const hl_layout *l = x->l;
    if (!hl_layout_is_last_stage(l, HL_USER, rank) || hl_layout_share(l, HL_USER, rank) > 0) return 0;
    return x->rows[HL_USER][hl_layout_first_rank_of(l, HL_USER, rank)];
}

static void add_given_rows(const hl_traffic_walk *x, int rank)
{
    const int holders = hl_layout_last_stage_ranks(x->l, HL_ITEM), mine = loss_rows(x, rank);
    for (int i = 0; i < holders && mine; i++)
        if (hl_layout_last_stage_rank(x->l, HL_ITEM, i) != rank)
            hl_sent_rows(&x->sent[rank][HL_MESH_WORLD], (size_t)mine, 2 * width_of(x) * sizeof(float));
}

/* In rounds of so many rows of each owner. */
static void add_returned_rows(const hl_traffic_walk *x, int rank)
{
    const hl_layout *l = x->l;
    hl_sent *world = &x->sent[rank][HL_MESH_WORLD];
    const int round = hl_loss_rows_a_round(l, (int)width_of(x)), owners = hl_layout_replicas(l, HL_USER);
    hl_sent_broadcast(world, l->ranks, rank, (size_t)x->f->plan.rows * sizeof(double),
                      hl_layout_last_stage_rank(l, HL_ITEM, 0));
    for (int i = 0; i < owners && hl_layout_is_last_stage(l, HL_ITEM, rank); i++) {
        const int owner = hl_layout_last_stage(l, HL_USER, hl_layout_first_rank(l, HL_USER, i)),
                  rows = loss_rows(x, owner);
        for (int from = 0; owner != rank && from < rows; from += round)
            hl_sent_rows(world, (size_t)hl_min(rows - from, round), width_of(x) * sizeof(float));
    }
}

static void add_positives(const hl_traffic_walk *x, const hl_traffic_place *p)
{
    const size_t bytes = (size_t)x->rows[HL_USER][hl_layout_first_rank_of(x->l, HL_USER, p->rank)] * width_of(x);
    for (int k = 0; k < (x->f->plan.items_frozen ? 1 : 2); k++)
        hl_sent_broadcast(hl_traffic_walk_tp(p), p->tp, p->tp_rank, bytes * sizeof(float), 0);
}

/* ---- vectors between both sides (mpi/train/route.c) */

typedef struct {
    int from, to;
} reading;

static int by_ranks(const void *a, const void *b)
{
    const reading *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->to > y->to) - (x->to < y->to);
}

/* Rows that lie side by side in the list go together. */
static void add_readings(const hl_traffic_walk *x, reading *list, int n)
{
    qsort(list, (size_t)n, sizeof *list, by_ranks);
    for (int i = 0, end; i < n; i = end) {
        for (end = i; end < n && by_ranks(&list[i], &list[end]) == 0;) end++;
        if (list[i].from != list[i].to)
            hl_sent_rows(&x->sent[list[i].from][HL_MESH_WORLD], (size_t)(end - i), width_of(x) * sizeof(float));
    }
}

/* Each reading once for each rank of a stage of the side that gets it; the other side's ranks take turns. */
static void add_route(const hl_traffic_walk *x, const hl_route_ends *ends, bool to_last_stage, bool back)
{
    const hl_layout *l = x->l;
    const hl_plan *p = &x->f->plan;
    const int times = l->side[back ? HL_ITEM : HL_USER].tp;
    reading *list = hl_alloc((size_t)ends->n * (size_t)times * sizeof *list);
    int n = 0;
    for (int r = 0; r < ends->n; r++) {
        if (ends->text[r] < 0) continue;
        const int holder =
            hl_layout_last_stage(l, HL_ITEM, x->f->share.micro_batch[hl_plan_micro_batch_of(p, ends->text[r])]);
        const int reader = to_last_stage ? hl_layout_last_stage(l, HL_USER, ends->reader[r]) : ends->reader[r];
        for (int t = 0; t < times; t++) {
            const int item = holder + t % l->side[HL_ITEM].tp, user = reader + t % l->side[HL_USER].tp;
            list[n++] = back ? (reading){user, item} : (reading){item, user};
        }
    }
    add_readings(x, list, n);
    free(list);
}

static void add_routes(const hl_traffic_walk *x)
{
    const hl_plan *p = &x->f->plan;
    int *owner = hl_alloc((size_t)p->rows * sizeof *owner), *reader = hl_alloc((size_t)p->readings * sizeof *reader);
    for (int c = 0; c < p->user_micro_batches; c++) {
        const int begin = p->user_micro_batch_begin[c], end = p->user_micro_batch_begin[c + 1];
        for (int r = p->row_begin[begin]; r < p->row_begin[end]; r++) owner[r] = x->f->share.user_micro_batch[c];
        for (int r = hl_plan_reading_begin(p, begin); r < hl_plan_reading_begin(p, end); r++)
            reader[r] = x->f->share.user_micro_batch[c];
    }
    for (int back = 0; back < (p->items_frozen ? 1 : 2); back++) {
        add_route(x, &(hl_route_ends){.n = p->readings, .text = p->reading, .reader = reader}, false, back);
        add_route(x, &(hl_route_ends){.n = p->rows, .text = p->target, .reader = owner}, true, back);
    }
    free(owner);
    free(reader);
}

/* ---- the whole */

static void add_act(const hl_traffic_walk *x, int rank, hl_task t)
{
    const hl_side side = hl_act_table[t.act].side;
    const hl_traffic_place p =
        hl_layout_has(x->l, side, rank) ? place_of(x, side, rank) : (hl_traffic_place){.sent = x->sent[rank]};
    switch (t.act) {
    case HL_ITEM_FORWARD:
    case HL_ITEM_RECOMPUTE:
    case HL_USER_FORWARD: add_pass(x, &p, t.micro_batch, false); break;
    case HL_ITEM_BACKWARD:
    case HL_USER_BACKWARD: add_pass(x, &p, t.micro_batch, true); break;
    case HL_ITEM_SEND:
    case HL_USER_SEND:
    case HL_ITEM_SEND_BACK:
    case HL_USER_SEND_BACK: add_message(x, &p, t.micro_batch); break;
    case HL_GIVE_ROWS: add_given_rows(x, rank); break;
    case HL_RETURN_ROWS: add_returned_rows(x, rank); break;
    case HL_LOSS: add_loss(x, &p); break;
    case HL_USER_POSITIVES: add_positives(x, &p); break;
    case HL_SUM_ITEM:
    case HL_SUM_USER: hl_traffic_walk_sums(x, &p); break;
    case HL_UPDATE:
        for (hl_side i = 0; i < HL_SIDES; i++) {
            const hl_traffic_place each = hl_layout_has(x->l, i, rank) ? place_of(x, i, rank) : p;
            if (hl_layout_has(x->l, i, rank)) hl_traffic_walk_update(x, &each, i == HL_ITEM && x->f->plan.items_frozen);
        }
        break;
    default: break; /* it sends nothing, or with all ranks (add_routes, add_facts) */
    }
}

/* The scale of the loss before the first act; the tally, and what goes with it where sums are exact. */
static void add_facts(const hl_traffic_walk *x, int rank)
{
    const hl_layout *l = x->l;
    const bool exact = x->f->plan.groups > 0;
    hl_sent *world = &x->sent[rank][HL_MESH_WORLD];
    hl_sent_broadcast(world, l->ranks, rank, sizeof(float), l->side[HL_ITEM].begin);
    if (exact) hl_sent_all_reduce_with(world, l->ranks, rank, (size_t)x->f->plan.rows, sizeof(double), NULL);
    if (exact && x->c->clip_grad_norm > 0) hl_sent_all_reduce_int(world, l->ranks, 2);
    hl_sent_all_reduce_with(world, l->ranks, rank, HL_FACTS, sizeof(hl_fact), NULL);
}

/* How much is saved is agreed. */
static void add_budget(const hl_traffic_walk *x, int rank)
{
    enum { AGREED = 2 };
    if (x->f->budget < 0 || !hl_layout_has(x->l, HL_ITEM, rank)) return;
    const hl_traffic_place p = place_of(x, HL_ITEM, rank);
    hl_sent_all_reduce_with(hl_traffic_walk_tp(&p), p.tp, p.tp_rank, AGREED, sizeof(int), NULL);
    hl_sent_all_reduce_with(&p.sent[HL_MESH_ITEM_PP], p.pp, p.stage, AGREED, sizeof(int), NULL);
    if (x->f->share.lockstep)
        hl_sent_all_reduce_with(hl_traffic_walk_dp(&p), p.dp, p.dp_rank, AGREED, sizeof(int), NULL);
}

static void count_rows(hl_traffic_walk *x)
{
    const hl_plan *p = &x->f->plan;
    const hl_share *s = &x->f->share;
    for (hl_side i = 0; i < HL_SIDES; i++) x->rows[i] = hl_alloc_zero((size_t)x->l->ranks, sizeof *x->rows[i]);
    for (int c = 0; c < p->micro_batches; c++)
        x->rows[HL_ITEM][s->micro_batch[c]] += p->micro_batch_begin[c + 1] - p->micro_batch_begin[c];
    for (int c = 0; c < p->user_micro_batches; c++)
        x->rows[HL_USER][s->user_micro_batch[c]] +=
            p->row_begin[p->user_micro_batch_begin[c + 1]] - p->row_begin[p->user_micro_batch_begin[c]];
}

static void open_shares(hl_traffic_walk *x, hl_side side)
{
    const hl_plan *p = &x->f->plan;
    const int width = hl_layout_width(x->l, side);
    hl_stage_params_open(&x->table[side], x->l, side, x->f->job.shape[side], x->f->job.item_tokens);
    x->sparse[side] = hl_alloc((size_t)width * sizeof *x->sparse[side]);
    x->shards[side] = hl_alloc((size_t)width * sizeof *x->shards[side]);
    for (int i = 0; i < width; i++) {
        hl_sparse_rows *s = &x->sparse[side][i];
        hl_zero_shards_open(&x->shards[side][i], &x->table[side].table[i], x->c->zero, hl_layout_replicas(x->l, side));
        hl_sparse_rows_open(s, &x->table[side].table[i]);
        if (s->end) hl_sparse_rows_take(s, p->item, p->texts);
    }
}

static void close_shares(hl_traffic_walk *x, hl_side side)
{
    for (int i = 0; i < hl_layout_width(x->l, side); i++) {
        hl_shards_close(&x->shards[side][i]);
        hl_sparse_rows_close(&x->sparse[side][i]);
    }
    free(x->shards[side]);
    free(x->sparse[side]);
    hl_stage_params_close(&x->table[side]);
}

void hl_traffic_forecast(hl_traffic_groups *sent, const hl_traffic_heard *heard, const hl_forecast *f,
                         const hl_config *c)
{
    hl_traffic_layers layers[2 * HL_SIDES];
    for (int i = 0; i < 2 * HL_SIDES; i++) layers[i].rank = -1;
    hl_traffic_walk x = {.heard = heard, .f = f, .c = c, .l = &f->layout, .sent = sent, .layers = layers};
    for (hl_side i = 0; i < HL_SIDES; i++) open_shares(&x, i);
    count_rows(&x);
    for (int r = 0; r < x.l->ranks; r++) {
        for (int g = 0; g < HL_MESH_GROUPS; g++) sent[r][g] = (hl_sent){0};
        for (int i = 0; i < f->schedule[r].n; i++) add_act(&x, r, f->schedule[r].task[i]);
        add_facts(&x, r);
        add_budget(&x, r);
    }
    add_routes(&x);
    for (hl_side i = 0; i < HL_SIDES; i++) {
        free(x.rows[i]);
        close_shares(&x, i);
    }
}
