/* sharding.h - one side's weights, gradients and AdamW moments, as this rank holds them.
 *
 * The ranks of a data-parallel group (`dp`) hold the same share of one model each, a replica, and may shard its
 * numbers: into blocks of rows, one a rank of the whole array, or with zero 2 and 3 of each layer (step/zero.h):
 *
 *     zero 1   AdamW's moments: each rank updates its blocks, and the weights are gathered
 *     zero 2   and the gradients: those of a layer are reduced to the owners of its rows after each micro-batch
 *     zero 3   and the weights: a layer is unsharded (gathered) before each use; its pages are the next one's after
 *
 * Arrays keep their full range of addresses; pages that are not held are not there (base/reserve.h).  The token table,
 * the last norm and the single vectors belong to no layer and are held by all; their gradients are summed at the end.
 * Of the gradient of a row-sparse table only the rows of the step are there (mpi/train/sparse-rows.h), in any case:
 * these are cleared, summed and counted alone.  All of its weights are updated.
 *
 * With zero 2 and 3 replicas go through layers in step, so those with fewer micro-batches go through empty ones. */
#ifndef MPI_TRAIN_SHARDING_H
#define MPI_TRAIN_SHARDING_H
#include "base/arena.h"
#include "model/sharder.h"
#include "model/params.h"
#include "step/zero.h"
#include "mpi/comm/branch.h"
#include "mpi/comm/buckets.h"
#include "mpi/comm/group.h"
#include "mpi/train/layer-pages.h"
#include "mpi/train/sparse-rows.h"
#include <stdbool.h>

/* All arrays are NULL on ranks outside the side's group. */
typedef struct hl_sharding {
    const hl_params *table;    /* my share of my layers */
    hl_params whole;           /* the tensors of the whole side, on every rank */
    const hl_group *group;     /* all ranks of the side */
    const hl_group *dp;        /* those that hold the same share of other replicas */
    const hl_tensor_group *tp; /* those that hold the other shares of my stage */
    int zero;
    float *w, *g;        /* (table->count) each; of g see hl_sharding_gradients */
    hl_sparse_rows rows; /* where the table has a row-sparse tensor */
    float *m, *v;        /* (table->count), AdamW's moments of my blocks; no pages of others */
    hl_shards shards;    /* who of dp has which numbers; without zero, who counts them */
    int layers;          /* of my stage */
    size_t *layer;       /* (layers + 1) where they begin */
    size_t *cut;         /* (dp + 1) a range cut by blocks */
    hl_layer_pages weights_at_hand, gradients_at_hand;
    hl_layer_pages *weights, *gradients; /* mine, or those of the other side */
    bool *frozen;                        /* (table->n) */
    bool still;         /* nothing goes back through this side: what is trained of it gets its gradient by itself */
    hl_sharder sharder; /* for the stack */
    hl_branch branch;   /* gradients of groups of micro-batches, where these are summed apart */
    bool overlaps;      /* are layers summed over the replicas while the last backward goes on? */
    bool is_last;       /* does it? */
    int begun;          /* layers whose sums have begun, from the last one down */
    hl_buckets early;   /* these sums */
} hl_sharding;

/* Zero weights of `table`, for training with gradients and moments too.  overlap: begin sums over replicas while the
 * last backward goes on (zero 0 and 1).  h stays where it is, and has `whole`.  Local. */
void hl_sharding_open(hl_sharding *h, const hl_params *table, const hl_group *group, const hl_group *dp,
                      const hl_tensor_group *tp, int zero, bool for_training, bool overlap);
void hl_sharding_close(hl_sharding *h);

/* Layers of both sides are at hand in turns: they have pages in common.  Local. */
void hl_sharding_share_pages(hl_sharding *h, hl_sharding *with);

/* Initial weights (hl_params_init) of what I hold.  Tensors whose names begin with `but` (NULL: none) stay zero: they
 * are read.  Local. */
void hl_sharding_init(hl_sharding *h, uint64_t seed);
void hl_sharding_init_but(hl_sharding *h, uint64_t seed, const char *but);

/* Numbers [begin, begin + n) of the first rank of dp to the others, before anything is given up.  Collective over
 * dp. */
void hl_sharding_share(hl_sharding *h, size_t begin, size_t n);

/* The numbers that I update, of the part of the array that number `at` belongs to; without zero the whole.  Is `at` one
 * of my numbers?  Local. */
hl_span hl_sharding_mine(const hl_sharding *h, size_t at);
static inline bool hl_sharding_has(const hl_sharding *h, size_t at)
{
    const hl_span mine = hl_sharding_mine(h, at);
    return at >= mine.begin && at < mine.end;
}

/* Digest of the weights that this rank counts: added over all ranks, that of the side.  The second: of x instead, where
 * the rank is in the group.  Local. */
uint64_t hl_sharding_digest(const hl_sharding *h);
uint64_t hl_sharding_digest_of(const hl_sharding *h, const float *x);

/* Give up the weights that I do not hold, after all were written.  Local. */
void hl_sharding_reshard(hl_sharding *h);

/* The gradients of the numbers [at, at + n) of the array, which lie side by side; NULL: all of them are zero. */
typedef struct {
    const float *g;
    size_t n;
} hl_gradients;

/* As many of [at, end) as lie side by side, at least one where at < end; end is within the tensor of at, or is its end.
 * Local. */
hl_gradients hl_sharding_gradients(const hl_sharding *h, size_t at, size_t end);

/* Of numbers [at, end) of one tensor those that are not zero because no row of the step has them: where in h->g they
 * begin, and how many.  Local. */
size_t hl_sharding_own_gradients(size_t *n, const hl_sharding *h, size_t at, size_t end);

/* The next step reads these items (n): which rows of a row-sparse table have a gradient.  Local. */
void hl_sharding_take_items(hl_sharding *h, const int32_t *item, int n);

/* Gradients are zero; of a side that is still those of what is trained.  Local. */
void hl_sharding_zero_gradients(hl_sharding *h);

/* What is added to h->g from now on belongs to this group of micro-batches (mpi/comm/branch.h); h->g may be another
 * array after it.  For zero 0 and 1.  Local. */
void hl_sharding_begin_group(hl_sharding *h, int group);

/* Before each backward: with zero 2 and 3 the last layer's gradients have pages.  Local. */
void hl_sharding_begin_backward(hl_sharding *h);

/* The backward that comes next is the last of this step: a layer's gradients are final when it is done with it.
 * Without this they are when hl_sharding_reduce_gradients is called.  Local. */
void hl_sharding_begin_last_backward(hl_sharding *h);

/* Move on sums that have begun, without waiting.  Local. */
void hl_sharding_progress(hl_sharding *h);

/* Gradients of all replicas and peers, added; each rank of dp has its block.  Collective over dp and peers. */
void hl_sharding_reduce_gradients(hl_sharding *h, hl_arena *scratch);

/* Weights that the ranks of dp have updated, each its block, to all who hold them.  Collective over dp. */
void hl_sharding_gather_weights(hl_sharding *h);

/* The same of a side that is still: of what is trained alone, which belongs to no layer.  Collective over dp. */
void hl_sharding_gather_trained(hl_sharding *h);

#endif
