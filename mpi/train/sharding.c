/* sharding.c - one side's weights, gradients and AdamW moments, as this rank holds them. */
#include "mpi/train/sharding.h"
#include "base/minmax.h"
#include "base/pages.h"
#include "base/reserve.h"
#include <stdlib.h>
#include <string.h>

static void find_layers(hl_sharding *h)
{
    h->layer = hl_alloc((size_t)(h->table->n + 1) * sizeof *h->layer);
    h->layers = hl_params_layers(h->layer, h->table);
}

static size_t clamp(size_t x, size_t lo, size_t hi) { return hl_min(hl_max(x, lo), hi); }

/* The blocks within [lo, hi), which lie in one part. */
static const size_t *blocks_within(hl_sharding *h, size_t lo, size_t hi)
{
    const size_t *begin = hl_shards_of(&h->shards, lo);
    for (int r = 0; r <= h->dp->size; r++) h->cut[r] = clamp(begin[r], lo, hi);
    return h->cut;
}

hl_span hl_sharding_mine(const hl_sharding *h, size_t at)
{
    if (!hl_zero_shards_moments(h->zero)) return (hl_span){0, h->table->count};
    return hl_shards_block(&h->shards, h->dp->rank, at);
}

/* Of x, numbers [lo, hi) that are not mine; they lie in one part. */
static void drop(const hl_sharding *h, float *x, size_t lo, size_t hi)
{
    const hl_span mine = hl_sharding_mine(h, lo);
    hl_reserve_drop(x, lo, clamp(mine.begin, lo, hi));
    hl_reserve_drop(x, clamp(mine.end, lo, hi), hi);
}

static void drop_layers(const hl_sharding *h, float *x)
{
    for (int i = 0; i < h->layers; i++) drop(h, x, h->layer[i], h->layer[i + 1]);
}

static void zero_dense(float *x, size_t begin, size_t end)
{
    if (begin < end) memset(x + begin, 0, (end - begin) * sizeof *x);
}

/* ---- what a stack asks for */

/* Of x, what lies of a layer before my block and behind it. */
static hl_layer_parts beside(const hl_sharding *h, float *x, int layer)
{
    const size_t lo = h->layer[layer], hi = h->layer[layer + 1];
    const hl_span mine = hl_sharding_mine(h, lo);
    return (hl_layer_parts){{{x, lo, mine.begin}, {x, mine.end, hi}}};
}

void hl_sharding_share_pages(hl_sharding *h, hl_sharding *with)
{
    h->weights = &with->weights_at_hand;
    h->gradients = &with->gradients_at_hand;
}

static void unshard(const hl_sharder *k, int layer)
{
    hl_sharding *h = k->self;
    hl_layer_pages_bring(h->weights, beside(h, h->w, layer));
    hl_group_all_gather_blocks(h->dp, h->w, blocks_within(h, h->layer[layer], h->layer[layer + 1]));
}

/* My own contribution holds what was summed before.  What is not mine is zero again, for the layer before. */
static void reduce_layer(const hl_sharder *k, int layer)
{
    hl_sharding *h = k->self;
    hl_group_reduce_scatter(h->dp, h->g, blocks_within(h, h->layer[layer], h->layer[layer + 1]));
    const hl_layer_parts others = beside(h, h->g, layer);
    for (int i = 0; i < 2; i++) zero_dense(h->g, others.part[i].begin, others.part[i].end);
    if (layer > 0) hl_layer_pages_bring(h->gradients, beside(h, h->g, layer - 1));
}

void hl_sharding_begin_backward(hl_sharding *h)
{
    if (h->g && h->layers && hl_zero_shards_gradients(h->zero))
        hl_layer_pages_bring(h->gradients, beside(h, h->g, h->layers - 1));
}

static bool is_within(const hl_param *p, size_t lo, size_t hi) { return p->offset >= lo && p->offset < hi; }

/* All of a layer but pieces that peers have in common, which are put together first. */
static void begin_layer(hl_sharding *h, int layer)
{
    size_t lo = h->layer[layer], hi = h->layer[layer + 1];
    HL_CHECK(layer == h->layers - 1 - h->begun);
    for (int k = 0; k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        if (!p->shared || !is_within(p, lo, hi)) continue;
        hl_buckets_add(&h->early, h->g, lo, p->offset);
        lo = p->offset + p->count;
    }
    hl_buckets_add(&h->early, h->g, lo, hi);
    h->begun++;
}

/* These pieces, after hl_params_join. */
static void begin_shared(hl_sharding *h)
{
    for (int k = 0; k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        if (p->shared && is_within(p, h->layer[0], h->layer[h->layers]))
            hl_buckets_add(&h->early, h->g, p->offset, p->offset + p->count);
    }
}

/* Layers are done from the last one down. */
static void begin_if_final(const hl_sharder *k, int layer)
{
    hl_sharding *h = k->self;
    if (h->is_last) begin_layer(h, layer);
    hl_buckets_progress(&h->early);
}

/* An array of my blocks; shards: of these alone, and where layers alone are divided also of what is in none. */
static float *reserve(const hl_sharding *h, bool shards, bool of_layers)
{
    const hl_shards *s = &h->shards;
    if (!shards) return hl_reserve(h->table->count);
    float *x = hl_reserve_small(h->table->count);
    for (int k = 0; k < s->parts; k++) {
        const bool is_whole = of_layers && (k == 0 || k == s->parts - 1);
        const hl_span mine =
            is_whole ? (hl_span){s->part[k], s->part[k + 1]} : hl_shards_block(s, h->dp->rank, s->part[k]);
        hl_pages_large(x + mine.begin, (mine.end - mine.begin) * sizeof *x);
    }
    return x;
}

void hl_sharding_open(hl_sharding *h, const hl_params *table, const hl_group *group, const hl_group *dp,
                      const hl_tensor_group *tp, int zero, bool for_training, bool overlap)
{
    *h = (hl_sharding){
        .table = table, .whole = h->whole, .group = group, .dp = dp, .tp = tp, .zero = zero, .sharder = hl_unsharded};
    h->frozen = hl_alloc_zero((size_t)table->n, sizeof *h->frozen);
    if (!hl_group_has_me(group)) return;
    hl_zero_shards_open(&h->shards, table, zero, dp->size);
    h->cut = hl_alloc((size_t)(dp->size + 1) * sizeof *h->cut);
    find_layers(h);
    hl_sharding_share_pages(h, h);
    h->w = reserve(h, hl_zero_shards_weights(zero), true);
    hl_branch_open(&h->branch, table->count);
    h->sharder.self = h;
    const bool weights = hl_zero_shards_weights(zero), gradients = hl_zero_shards_gradients(zero);
    if (weights) h->sharder.unshard = unshard;
    if (gradients) h->sharder.done = reduce_layer;
    h->overlaps = overlap && !gradients;
    if (h->overlaps) h->sharder.done = begin_if_final;
    hl_buckets_open(&h->early, dp, zero ? hl_shards_of(&h->shards, 0) : NULL);
    if (!for_training) return;
    hl_sparse_rows_open(&h->rows, table);
    h->g = reserve(h, hl_zero_shards_gradients(zero), true);
    h->m = reserve(h, hl_zero_shards_moments(zero), false);
    h->v = reserve(h, hl_zero_shards_moments(zero), false);
}

void hl_sharding_close(hl_sharding *h)
{
    hl_params_free(&h->whole);
    free(h->frozen);
    hl_buckets_close(&h->early);
    hl_branch_close(&h->branch);
    hl_sparse_rows_close(&h->rows);
    if (h->w) hl_reserve_free(h->w, h->table->count);
    if (h->g) hl_reserve_free(h->g, h->table->count);
    if (h->m) hl_reserve_free(h->m, h->table->count);
    if (h->v) hl_reserve_free(h->v, h->table->count);
    free(h->cut);
    free(h->layer);
    hl_shards_close(&h->shards);
    *h = (hl_sharding){0};
}

void hl_sharding_init(hl_sharding *h, uint64_t seed) { hl_sharding_init_but(h, seed, NULL); }

void hl_sharding_init_but(hl_sharding *h, uint64_t seed, const char *but)
{
    for (int k = 0; h->w && k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        if (but && strncmp(p->name, but, strlen(but)) == 0) continue;
        hl_param_init(p, h->w, seed);
        if (hl_zero_shards_weights(h->zero) && p->layer >= 0) drop(h, h->w, p->offset, p->offset + p->count);
    }
}

void hl_sharding_share(hl_sharding *h, size_t begin, size_t n)
{
    if (h->w) hl_group_broadcast(h->dp, h->w + begin, n * sizeof *h->w, 0);
}

uint64_t hl_sharding_digest_of(const hl_sharding *h, const float *x)
{
    const hl_shards *s = &h->shards;
    uint64_t sum = 0;
    if (!h->zero) return h->dp->rank == 0 ? hl_params_digest(h->table, x, 0, h->table->count) : 0;
    for (int k = 0; k < s->parts; k++) {
        const hl_span mine = hl_shards_block(s, h->dp->rank, s->part[k]);
        if (s->part[k] < s->part[k + 1]) sum += hl_params_digest(h->table, x, mine.begin, mine.end);
    }
    return sum;
}

uint64_t hl_sharding_digest(const hl_sharding *h) { return h->w ? hl_sharding_digest_of(h, h->w) : 0; }

void hl_sharding_reshard(hl_sharding *h)
{
    if (!h->w || !hl_zero_shards_weights(h->zero)) return;
    drop_layers(h, h->w);
    hl_layer_pages_forget(h->weights, h->w);
}

/* ---- where gradients are */

hl_gradients hl_sharding_gradients(const hl_sharding *h, size_t at, size_t end)
{
    const hl_sparse_rows *s = &h->rows;
    if (!hl_sparse_rows_are_at(s, at)) return (hl_gradients){h->g + at, end - at};
    const size_t into = (at - s->at) % s->width, row = (at - s->at) / s->width,
                 run = hl_bitmap_run(&s->has, row, (end - s->at + s->width - 1) / s->width),
                 n = hl_min(end - at, run * s->width - into);
    return (hl_gradients){hl_bitmap_has(&s->has, row) ? h->g + hl_sparse_rows_end(s, at) + into : NULL, n};
}

size_t hl_sharding_own_gradients(size_t *n, const hl_sharding *h, size_t at, size_t end)
{
    const bool sparse = hl_sparse_rows_are_at(&h->rows, at);
    const size_t from = sparse ? hl_sparse_rows_end(&h->rows, at) : at;
    *n = (sparse ? hl_sparse_rows_end(&h->rows, end) : end) - from;
    return from;
}

void hl_sharding_take_items(hl_sharding *h, const int32_t *item, int n)
{
    hl_sparse_rows *s = &h->rows;
    if (!h->g || s->end == 0) return;
    hl_sparse_rows_take(s, item, n);
    h->branch.hole = hl_sparse_rows_end(s, s->end);
    h->branch.hole_end = s->end;
}

/* The others are not even there: no page of theirs is ever written. */
static void zero_trained(hl_sharding *h)
{
    for (int k = 0; k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        if (!h->frozen[k]) zero_dense(h->g, p->offset, p->offset + p->count);
    }
}

/* Of a row-sparse table, which lies in the range or outside of it, the rows of the step. */
static void zero_range(const hl_sharding *h, size_t begin, size_t end)
{
    const hl_sparse_rows *s = &h->rows;
    if (s->end == 0 || end <= s->at || begin >= s->end) {
        zero_dense(h->g, begin, end);
        return;
    }
    zero_dense(h->g, begin, hl_sparse_rows_end(s, s->end));
    zero_dense(h->g, s->end, end);
}

void hl_sharding_zero_gradients(hl_sharding *h)
{
    size_t first = h->g ? h->layer[0] : 0, last = h->g ? h->layer[h->layers] : 0;
    if (!h->g) return;
    if (h->still) {
        zero_trained(h);
        return;
    }
    if (!hl_zero_shards_gradients(h->zero)) {
        zero_range(h, 0, h->table->count);
        return;
    }
    zero_range(h, 0, first);
    for (int i = 0; i < h->layers; i++) { /* the rest is zero */
        const hl_span mine = hl_sharding_mine(h, h->layer[i]);
        zero_range(h, mine.begin, mine.end);
    }
    zero_range(h, last, h->table->count);
}

/* A tensor of which peers have pieces in common, where each rank of dp has its block alone: all of it is put together
 * for a moment, and I take what is mine. */
static void join_blocks(hl_sharding *h, const hl_param *p, hl_arena *scratch)
{
    const hl_span mine = hl_sharding_mine(h, p->offset);
    size_t mark = hl_arena_mark(scratch), whole = (size_t)hl_param_whole(p);
    float *all = HL_TAKE_ZERO(scratch, float, whole);
    hl_param_put(all, h->g, p, mine.begin, mine.end);
    hl_group_all_reduce(h->dp, all, whole);
    h->tp->all_reduce(h->tp, all, whole);
    hl_param_take(h->g, all, p, mine.begin, mine.end);
    hl_arena_back(scratch, mark);
}

void hl_sharding_begin_group(hl_sharding *h, int group)
{
    HL_CHECK(!hl_zero_shards_gradients(h->zero));
    h->g = hl_branch_turn(&h->branch, h->g, group);
}

void hl_sharding_begin_last_backward(hl_sharding *h) { h->is_last = h->overlaps; }

void hl_sharding_progress(hl_sharding *h)
{
    if (h->overlaps) hl_buckets_progress(&h->early);
}

/* Numbers [lo, hi), of which all are there. */
static void sum_dense(hl_sharding *h, size_t lo, size_t hi)
{
    if (lo == hi) return;
    if (h->zero == 0) hl_group_all_reduce(h->dp, h->g + lo, hi - lo);
    else hl_group_reduce_scatter(h->dp, h->g, blocks_within(h, lo, hi));
}

/* The rows of the step; each rank owns those of its block. */
static void sum_rows(hl_sharding *h)
{
    const hl_sparse_rows *s = &h->rows;
    const size_t end = hl_sparse_rows_end(s, s->end);
    if (h->zero == 0) hl_group_all_reduce(h->dp, h->g + s->at, end - s->at);
    if (h->zero == 0) return;
    blocks_within(h, s->at, s->end);
    for (int r = 0; r <= h->dp->size; r++) h->cut[r] = hl_sparse_rows_end(s, h->cut[r]);
    hl_group_reduce_scatter(h->dp, h->g, h->cut);
}

/* Numbers [lo, hi), which are no part of layers, or with the layers all. */
static void sum_range(hl_sharding *h, size_t lo, size_t hi)
{
    const hl_sparse_rows *s = &h->rows;
    if (s->end == 0 || lo >= s->end || hi <= s->at) {
        sum_dense(h, lo, hi);
        return;
    }
    if (lo < s->at) sum_dense(h, lo, s->at);
    sum_rows(h);
    if (hi > s->end) sum_dense(h, s->end, hi);
}

/* What has begun is ended, after all that has not. */
static void end_sums(hl_sharding *h, hl_arena *scratch)
{
    while (h->begun < h->layers) begin_layer(h, h->layers - 1 - h->begun);
    hl_params_join(h->table, h->g, h->tp, scratch);
    begin_shared(h);
    sum_range(h, 0, h->layer[0]);
    sum_range(h, h->layer[h->layers], h->table->count);
    hl_buckets_finish(&h->early);
    h->begun = 0;
    h->is_last = false;
}

void hl_sharding_reduce_gradients(hl_sharding *h, hl_arena *scratch)
{
    if (h->overlaps) {
        end_sums(h, scratch);
        return;
    }
    h->g = hl_branch_end(&h->branch, h->g);
    if (h->zero < 2) hl_params_join(h->table, h->g, h->tp, scratch);
    if (h->zero < 2) {
        sum_range(h, 0, h->table->count);
        return;
    }
    sum_range(h, 0, h->layer[0]);
    sum_range(h, h->layer[h->layers], h->table->count);
    for (int k = 0; k < h->table->n; k++)
        if (h->table->at[k].shared) join_blocks(h, &h->table->at[k], scratch);
}

void hl_sharding_gather_trained(hl_sharding *h)
{
    for (int k = 0; k < h->table->n && h->zero; k++) {
        const hl_param *p = &h->table->at[k];
        if (!h->frozen[k]) hl_group_all_gather_blocks(h->dp, h->w, blocks_within(h, p->offset, p->offset + p->count));
    }
}

/* Of parts that replicas hold whole: layers are none of them with zero 3. */
void hl_sharding_gather_weights(hl_sharding *h)
{
    const hl_shards *s = &h->shards;
    if (!hl_zero_shards_moments(h->zero)) return;
    for (int k = 0; k < s->parts; k++) {
        const bool is_layer = k > 0 && k < s->parts - 1;
        if (s->part[k] < s->part[k + 1] && !(is_layer && hl_zero_shards_weights(h->zero)))
            hl_group_all_gather_blocks(h->dp, h->w, hl_shards_of(s, s->part[k]));
    }
}
