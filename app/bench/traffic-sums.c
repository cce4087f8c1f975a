/* traffic-sums.c - what replicas send each other: sums of gradients, and weights that were updated. */
#include "app/bench/traffic-walk.h"
#include "base/minmax.h"
#include "base/part.h"
#include "mpi/comm/blocks.h"
#include "mpi/comm/buckets.h"
#include <stdlib.h>

/* Numbers [lo, hi) of a part, of which each replica has its block. */
static void add_blocks(const hl_traffic_place *p, size_t lo, size_t hi, hl_traffic_act *sent)
{
    const size_t *block = hl_shards_of(p->shards, lo);
    size_t *begin = hl_alloc((size_t)(p->dp + 1) * sizeof *begin);
    for (int r = 0; r <= p->dp; r++) begin[r] = hl_min(hl_max(block[r], lo), hi);
    if (lo < hi) sent(hl_traffic_walk_dp(p), p->dp, p->dp_rank, begin);
    free(begin);
}

void hl_traffic_walk_layers(const hl_traffic_place *p, hl_traffic_act *sent)
{
    size_t *layer = hl_alloc((size_t)(p->table->n + 1) * sizeof *layer);
    const int layers = hl_params_layers(layer, p->table);
    for (int i = 0; i < layers; i++) add_blocks(p, layer[i], layer[i + 1], sent);
    free(layer);
}

/* What is in no layer. */
static void add_beside(const hl_traffic_walk *x, const hl_traffic_place *p,
                       void (*add)(const hl_traffic_walk *x, const hl_traffic_place *p, size_t lo, size_t hi))
{
    size_t *layer = hl_alloc((size_t)(p->table->n + 1) * sizeof *layer);
    const int layers = hl_params_layers(layer, p->table);
    add(x, p, 0, layer[0]);
    add(x, p, layer[layers], p->table->count);
    free(layer);
}

/* Tensors of which peers have pieces in common; over the replicas too, where each has its block alone. */
static void add_joins(const hl_traffic_place *p, bool over_replicas)
{
    for (int k = 0; k < p->table->n; k++) {
        if (!p->table->at[k].shared) continue;
        const size_t whole = (size_t)hl_param_whole(&p->table->at[k]);
        if (over_replicas) hl_sent_all_reduce(hl_traffic_walk_dp(p), p->dp, p->dp_rank, whole);
        hl_sent_all_reduce(hl_traffic_walk_tp(p), p->tp, p->tp_rank, whole);
    }
}

/* Sums that go on during the last backward: pieces of a bucket's length, to the owners of blocks, and where nobody owns
 * one to all (mpi/comm/buckets.c). */
static void add_bucket(const hl_traffic_walk *x, const hl_traffic_place *p, size_t lo, size_t hi)
{
    size_t *count = hl_alloc((size_t)p->dp * sizeof *count);
    for (size_t at = lo; p->dp > 1 && at < hi; at += HL_BUCKET_MOST) {
        const size_t end = hl_min(hi, at + HL_BUCKET_MOST);
        for (int r = 0; r < p->dp; r++)
            count[r] = x->c->zero ? hl_min(hl_max(hl_params_block_begin(p->table, p->dp, r + 1), at), end)
                                        - hl_min(hl_max(hl_params_block_begin(p->table, p->dp, r), at), end)
                                  : (size_t)hl_part_count((int64_t)(end - at), p->dp, r);
        hl_blocks_reduce_scatter_direct_sent(hl_traffic_walk_dp(p), p->dp, p->dp_rank, count, sizeof(float));
        if (!x->c->zero)
            hl_blocks_all_gather_direct_sent(hl_traffic_walk_dp(p), p->dp, p->dp_rank, count, sizeof(float));
    }
    free(count);
}

static void add_dense(const hl_traffic_walk *x, const hl_traffic_place *p, size_t lo, size_t hi)
{
    if (x->c->zero) add_blocks(p, lo, hi, hl_sent_reduce_scatter);
    else hl_sent_all_reduce(hl_traffic_walk_dp(p), p->dp, p->dp_rank, hi - lo);
}

/* The rows of the step. */
static void add_rows(const hl_traffic_walk *x, const hl_traffic_place *p)
{
    const hl_sparse_rows *s = p->sparse;
    size_t *begin = hl_alloc((size_t)(p->dp + 1) * sizeof *begin);
    for (int r = 0; r <= p->dp; r++)
        begin[r] = hl_sparse_rows_end(s, hl_min(hl_max(hl_params_block_begin(p->table, p->dp, r), s->at), s->end));
    if (x->c->zero) hl_sent_reduce_scatter(hl_traffic_walk_dp(p), p->dp, p->dp_rank, begin);
    else hl_sent_all_reduce(hl_traffic_walk_dp(p), p->dp, p->dp_rank, begin[p->dp] - begin[0]);
    free(begin);
}

/* Of a table of items, which lies in the range or outside of it, the rows of the step. */
static void add_range(const hl_traffic_walk *x, const hl_traffic_place *p, size_t lo, size_t hi)
{
    const hl_sparse_rows *s = p->sparse;
    if (s->end == 0 || lo >= s->end || hi <= s->at) {
        add_dense(x, p, lo, hi);
        return;
    }
    if (lo < s->at) add_dense(x, p, lo, s->at);
    add_rows(x, p);
    if (hi > s->end) add_dense(x, p, s->end, hi);
}

static void add_early_sums(const hl_traffic_walk *x, const hl_traffic_place *p)
{
    size_t *layer = hl_alloc((size_t)(p->table->n + 1) * sizeof *layer);
    const int layers = hl_params_layers(layer, p->table);
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
    free(layer);
    add_beside(x, p, add_range);
}

void hl_traffic_walk_sums(const hl_traffic_walk *x, const hl_traffic_place *p)
{
    const int zero = x->c->zero;
    add_joins(p, zero >= 2);
    if (x->c->overlap && zero < 2 && x->f->plan.groups == 0) add_early_sums(x, p);
    else if (zero < 2) add_range(x, p, 0, p->table->count);
    else add_beside(x, p, add_range);
}

static void add_gathered(const hl_traffic_walk *x, const hl_traffic_place *p, size_t lo, size_t hi)
{
    (void)x;
    add_blocks(p, lo, hi, hl_sent_all_gather_blocks);
}

/* Of frozen items the temperature alone, a tensor by itself. */
static void add_trained_items(const hl_traffic_walk *x, const hl_traffic_place *p)
{
    const hl_param *t = hl_params_find(p->table, "logit_scale");
    if (t) add_gathered(x, p, t->offset, t->offset + t->count);
}

void hl_traffic_walk_update(const hl_traffic_walk *x, const hl_traffic_place *p, bool frozen)
{
    const int zero = x->c->zero;
    if (zero && frozen) add_trained_items(x, p);
    if (zero == 0 || frozen) return;
    if (zero == 1) add_gathered(x, p, 0, p->table->count);
    if (zero == 2) hl_traffic_walk_layers(p, hl_sent_all_gather_blocks);
    if (zero >= 2) add_beside(x, p, add_gathered);
}
