/* traffic.c - bytes and messages of each rank in each group of ranks: the lists of acts are gone through, and each act
 * adds what it sends. */
#include "app/bench/traffic.h"
#include "base/fold.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/criterion.h"
#include "mpi/comm/blocks.h"
#include "mpi/comm/buckets.h"
#include "mpi/train/loss.h"
#include "mpi/train/tally.h"
#include "step/zero.h"
#include <stdlib.h>

static const struct {
    int tp, pp, dp;
} group_of[HL_SIDES] = {[HL_ITEM] = {HL_MESH_ITEM_TP, HL_MESH_ITEM_PP, HL_MESH_ITEM_DP},
                        [HL_USER] = {HL_MESH_USER_TP, HL_MESH_USER_PP, HL_MESH_USER_DP}};

typedef struct {
    const hl_traffic_heard *heard;
    const hl_forecast *f;
    const hl_config *c;
    const hl_layout *l;
    hl_traffic_groups *sent;
    hl_stage_params table[HL_SIDES];
    int *rows[HL_SIDES]; /* (ranks) of each replica by its first rank: texts, rows of users */
} walk;

/* Where a rank is on a side. */
typedef struct {
    hl_side side;
    int rank, tp, tp_rank, pp, stage, dp, dp_rank;
    const hl_params *table;
    hl_sent *sent; /* of all its groups */
} place;

static place place_of(const walk *x, hl_side side, int rank)
{
    const hl_layout *l = x->l;
    return (place){side,
                   rank,
                   l->side[side].tp,
                   hl_layout_share(l, side, rank),
                   l->side[side].pp,
                   hl_layout_stage(l, side, rank),
                   hl_layout_replicas(l, side),
                   hl_layout_replica(l, side, rank),
                   hl_stage_params_of(&x->table[side], rank),
                   x->sent[rank]};
}

static hl_sent *of_tp(const place *p) { return &p->sent[group_of[p->side].tp]; }
static hl_sent *of_dp(const place *p) { return &p->sent[group_of[p->side].dp]; }

static int zero_of(const walk *x) { return x->c->zero; }

/* ---- between replicas */

/* Numbers [lo, hi), of which each replica has its block. */
static void add_blocks(const place *p, size_t lo, size_t hi,
                       void (*sent)(hl_sent *s, int ranks, int rank, const size_t *begin))
{
    size_t *begin = hl_alloc((size_t)(p->dp + 1) * sizeof *begin);
    for (int r = 0; r <= p->dp; r++) begin[r] = hl_min(hl_max(hl_params_block_begin(p->table, p->dp, r), lo), hi);
    sent(of_dp(p), p->dp, p->dp_rank, begin);
    free(begin);
}

/* Of each layer, or of what is in none. */
static void add_layers(const place *p, void (*sent)(hl_sent *s, int ranks, int rank, const size_t *begin))
{
    size_t *layer = hl_alloc((size_t)(p->table->n + 1) * sizeof *layer);
    const int layers = hl_zero_layers(layer, p->table);
    for (int i = 0; i < layers; i++) add_blocks(p, layer[i], layer[i + 1], sent);
    free(layer);
}

static void add_beside(const place *p, void (*sent)(hl_sent *s, int ranks, int rank, const size_t *begin))
{
    size_t *layer = hl_alloc((size_t)(p->table->n + 1) * sizeof *layer);
    const int layers = hl_zero_layers(layer, p->table);
    add_blocks(p, 0, layer[0], sent);
    add_blocks(p, layer[layers], p->table->count, sent);
    free(layer);
}

/* Tensors of which peers have pieces in common; over the replicas too, where each has its block alone. */
static void add_joins(const place *p, bool over_replicas)
{
    for (int k = 0; k < p->table->n; k++) {
        if (!p->table->at[k].shared) continue;
        const size_t whole = (size_t)hl_param_whole(&p->table->at[k]);
        if (over_replicas) hl_sent_all_reduce(of_dp(p), p->dp, p->dp_rank, whole);
        hl_sent_all_reduce(of_tp(p), p->tp, p->tp_rank, whole);
    }
}

/* Sums that go on during the last backward: pieces of a bucket's length, to the owners of blocks, and where nobody owns
 * one to all (mpi/comm/buckets.c). */
static void add_bucket(const walk *x, const place *p, size_t lo, size_t hi)
{
    size_t *count = hl_alloc((size_t)p->dp * sizeof *count);
    for (size_t at = lo; p->dp > 1 && at < hi; at += HL_BUCKET_MOST) {
        const size_t end = hl_min(hi, at + HL_BUCKET_MOST);
        for (int r = 0; r < p->dp; r++)
            count[r] = zero_of(x) ? hl_min(hl_max(hl_params_block_begin(p->table, p->dp, r + 1), at), end)
                                        - hl_min(hl_max(hl_params_block_begin(p->table, p->dp, r), at), end)
                                  : (size_t)hl_part_count((int64_t)(end - at), p->dp, r);
        hl_blocks_reduce_scatter_direct_sent(of_dp(p), p->dp, p->dp_rank, count, sizeof(float));
        if (!zero_of(x)) hl_blocks_all_gather_direct_sent(of_dp(p), p->dp, p->dp_rank, count, sizeof(float));
    }
    free(count);
}

static void add_range(const walk *x, const place *p, size_t lo, size_t hi)
{
    if (zero_of(x)) add_blocks(p, lo, hi, hl_sent_reduce_scatter);
    else hl_sent_all_reduce(of_dp(p), p->dp, p->dp_rank, hi - lo);
}

static void add_early_sums(const walk *x, const place *p)
{
    size_t *layer = hl_alloc((size_t)(p->table->n + 1) * sizeof *layer);
    const int layers = hl_zero_layers(layer, p->table);
    for (int i = layers - 1; i >= 0; i--) {
        size_t lo = layer[i];
        for (int k = 0; k < p->table->n; k++) {
            const hl_param *t = &p->table->at[k];
            if (!t->shared || t->offset < layer[i] || t->offset >= layer[i + 1]) continue;
            add_bucket(x, p, lo, t->offset);
            add_bucket(x, p, t->offset, t->offset + t->count);
            lo = t->offset + t->count;
        }
        add_bucket(x, p, lo, layer[i + 1]);
    }
    add_range(x, p, 0, layer[0]);
    add_range(x, p, layer[layers], p->table->count);
    free(layer);
}

static void add_sums(const walk *x, const place *p)
{
    const int zero = zero_of(x);
    add_joins(p, zero >= 2);
    if (x->c->overlap && zero < 2 && x->f->plan.groups == 0) add_early_sums(x, p);
    else if (zero < 2) add_range(x, p, 0, p->table->count);
    else add_beside(p, hl_sent_reduce_scatter);
}

/* Of frozen items the temperature alone, a tensor by itself. */
static void add_trained_items(const place *p)
{
    const hl_param *t = hl_params_find(p->table, "logit_scale");
    if (t) add_blocks(p, t->offset, t->offset + t->count, hl_sent_all_gather_blocks);
}

static void add_update(const walk *x, const place *p, bool frozen)
{
    const int zero = zero_of(x);
    if (frozen) {
        if (zero) add_trained_items(p);
        return;
    }
    if (zero == 1 || zero == 2) add_blocks(p, 0, p->table->count, hl_sent_all_gather_blocks);
    if (zero >= 3) add_beside(p, hl_sent_all_gather_blocks);
}

/* ---- micro-batches */

static void add(hl_sent *to, const hl_sent *s)
{
    to->bytes += s->bytes;
    to->messages += s->messages;
}

static void add_pass(const walk *x, const place *p, int mb, bool back)
{
    const int share = hl_stage_params_place(x->l, p->side, p->rank);
    if (zero_of(x) >= 3) add_layers(p, hl_sent_all_gather_blocks);
    if (zero_of(x) >= 2 && back) add_layers(p, hl_sent_reduce_scatter);
    if (mb >= 0) add(of_tp(p), &x->heard->talk[p->side][share][2 * mb + back]);
}

static void add_message(const walk *x, const place *p, int mb)
{
    hl_sent_rows(&p->sent[group_of[p->side].pp], (size_t)x->heard->pack_rows[p->side][mb],
                 (size_t)x->f->job.shape[p->side]->hidden_size * sizeof(float));
}

/* ---- the loss */

static size_t width_of(const walk *x) { return (size_t)hl_transformer_vector_size(&x->f->item); }

static int slices_of(const walk *x) { return x->f->plan.groups ? x->c->exact_tp / x->l->side[HL_ITEM].tp : 1; }

/* Over groups of micro-batches, then over slices (mpi/train/loss.c). */
static void add_fold(const walk *x, const place *p, size_t n, size_t size, hl_combine combine)
{
    hl_sent_all_reduce_with(of_dp(p), p->dp, p->dp_rank, (size_t)slices_of(x) * n, size, combine);
    hl_sent_all_reduce_with(of_tp(p), p->tp, p->tp_rank, n, size, combine);
}

static void add_loss(const walk *x, const place *p)
{
    const size_t R = (size_t)x->f->plan.rows;
    const int first = hl_layout_first_rank_of(x->l, HL_ITEM, p->rank);
    add_fold(x, p, R, hl_criteria[x->c->loss]->size, NULL);
    if (x->f->plan.groups) {
        add_fold(x, p, R * width_of(x), sizeof(float), hl_fold_floats);
        add_fold(x, p, 1, sizeof(double), NULL);
    }
    if (!x->f->plan.items_frozen)
        hl_sent_all_reduce(of_tp(p), p->tp, p->tp_rank, (size_t)x->rows[HL_ITEM][first] * width_of(x));
}

/* Rows of the loss that a rank has: the first one of the last stage those of its replica. */
static int loss_rows(const walk *x, int rank)
{
    const hl_layout *l = x->l;
    if (!hl_layout_is_last_stage(l, HL_USER, rank) || hl_layout_share(l, HL_USER, rank) > 0) return 0;
    return x->rows[HL_USER][hl_layout_first_rank_of(l, HL_USER, rank)];
}

static void add_given_rows(const walk *x, int rank)
{
    const int holders = hl_layout_last_stage_ranks(x->l, HL_ITEM), mine = loss_rows(x, rank);
    for (int i = 0; i < holders && mine; i++)
        if (hl_layout_last_stage_rank(x->l, HL_ITEM, i) != rank)
            hl_sent_rows(&x->sent[rank][HL_MESH_WORLD], (size_t)mine, 2 * width_of(x) * sizeof(float));
}

/* In rounds of so many rows of each owner. */
static void add_returned_rows(const walk *x, int rank)
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

static void add_positives(const walk *x, const place *p)
{
    const size_t bytes = (size_t)x->rows[HL_USER][hl_layout_first_rank_of(x->l, HL_USER, p->rank)] * width_of(x);
    for (int k = 0; k < (x->f->plan.items_frozen ? 1 : 2); k++)
        hl_sent_broadcast(of_tp(p), p->tp, p->tp_rank, bytes * sizeof(float), 0);
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
static void add_readings(const walk *x, reading *list, int n)
{
    qsort(list, (size_t)n, sizeof *list, by_ranks);
    for (int i = 0, end; i < n; i = end) {
        for (end = i; end < n && by_ranks(&list[i], &list[end]) == 0;) end++;
        if (list[i].from != list[i].to)
            hl_sent_rows(&x->sent[list[i].from][HL_MESH_WORLD], (size_t)(end - i), width_of(x) * sizeof(float));
    }
}

/* Each reading once for each rank of a stage of the side that gets it; the other side's ranks take turns. */
static void add_route(const walk *x, const int *text, const int *owner, bool to_last_stage, bool back)
{
    const hl_layout *l = x->l;
    const hl_plan *p = &x->f->plan;
    const int times = l->side[back ? HL_ITEM : HL_USER].tp;
    reading *list = hl_alloc((size_t)p->rows * (size_t)times * sizeof *list);
    int n = 0;
    for (int r = 0; r < p->rows; r++) {
        const int holder =
            hl_layout_last_stage(l, HL_ITEM, x->f->share.micro_batch[hl_plan_micro_batch_of(p, text[r])]);
        const int reader = to_last_stage ? hl_layout_last_stage(l, HL_USER, owner[r]) : owner[r];
        for (int t = 0; t < times; t++) {
            const int item = holder + t % l->side[HL_ITEM].tp, user = reader + t % l->side[HL_USER].tp;
            list[n++] = back ? (reading){user, item} : (reading){item, user};
        }
    }
    add_readings(x, list, n);
    free(list);
}

static void add_routes(const walk *x)
{
    const hl_plan *p = &x->f->plan;
    int *owner = hl_alloc((size_t)p->rows * sizeof *owner);
    for (int c = 0; c < p->user_micro_batches; c++)
        for (int r = p->row_begin[p->user_micro_batch_begin[c]]; r < p->row_begin[p->user_micro_batch_begin[c + 1]];
             r++)
            owner[r] = x->f->share.user_micro_batch[c];
    for (int back = 0; back < (p->items_frozen ? 1 : 2); back++) {
        add_route(x, p->input, owner, false, back);
        add_route(x, p->target, owner, true, back);
    }
    free(owner);
}

/* ---- the whole */

static void add_act(const walk *x, int rank, hl_task t)
{
    const hl_side side = hl_act_table[t.act].side;
    const place p = hl_layout_has(x->l, side, rank) ? place_of(x, side, rank) : (place){.sent = x->sent[rank]};
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
    case HL_SUM_USER: add_sums(x, &p); break;
    case HL_UPDATE:
        for (hl_side i = 0; i < HL_SIDES; i++) {
            const place each = hl_layout_has(x->l, i, rank) ? place_of(x, i, rank) : p;
            if (hl_layout_has(x->l, i, rank)) add_update(x, &each, i == HL_ITEM && x->f->plan.items_frozen);
        }
        break;
    default: break; /* it sends nothing, or with all ranks (add_routes, add_facts) */
    }
}

/* The scale of the loss before the first act; the tally, and what goes with it where sums are exact. */
static void add_facts(const walk *x, int rank)
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
static void add_budget(const walk *x, int rank)
{
    enum { AGREED = 2 };
    if (x->f->budget < 0 || !hl_layout_has(x->l, HL_ITEM, rank)) return;
    const place p = place_of(x, HL_ITEM, rank);
    hl_sent_all_reduce_with(of_tp(&p), p.tp, p.tp_rank, AGREED, sizeof(int), NULL);
    hl_sent_all_reduce_with(&p.sent[HL_MESH_ITEM_PP], p.pp, p.stage, AGREED, sizeof(int), NULL);
    if (x->f->share.lockstep) hl_sent_all_reduce_with(of_dp(&p), p.dp, p.dp_rank, AGREED, sizeof(int), NULL);
}

static void count_rows(walk *x)
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

void hl_traffic_forecast(hl_traffic_groups *sent, const hl_traffic_heard *heard, const hl_forecast *f,
                         const hl_config *c)
{
    walk x = {.heard = heard, .f = f, .c = c, .l = &f->layout, .sent = sent};
    for (hl_side i = 0; i < HL_SIDES; i++)
        hl_stage_params_open(&x.table[i], x.l, i, f->job.shape[i], f->job.item_tokens);
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
        hl_stage_params_close(&x.table[i]);
    }
}
