/* holding.h - one side's weights, gradients and AdamW moments, as this rank holds them.
 *
 * Ranks that hold the same share of other copies of the model (`copies`) may divide its numbers into blocks of rows, one
 * a copy (ZeRO, Rajbhandari et al., arXiv 1910.02054):
 *
 *     zero 1   AdamW's moments: each copy updates its block, and the weights are gathered
 *     zero 2   and the gradients: those of a layer are summed at the owners of its rows after each micro-batch
 *     zero 3   and the weights: those of a layer are gathered before each use, and left after
 *
 * Arrays keep their full range of addresses; pages that are not held are not there (base/reserve.h).  The token table, the
 * last norm and the single vectors belong to no layer and are held by all; their gradients are summed at the end.
 * With zero 2 and 3 copies go through layers in step, so those with fewer micro-batches go through empty ones. */
#ifndef MPI_HOLDING_H
#define MPI_HOLDING_H
#include "base/arena.h"
#include "model/keeper.h"
#include "model/params.h"
#include "mpi/branch.h"
#include "mpi/buckets.h"
#include "mpi/group.h"
#include <stdbool.h>

/* All arrays are NULL on ranks outside the side's group. */
typedef struct {
    const hl_params *table; /* my share of my layers */
    hl_params whole;        /* the tensors of the whole side, on every rank */
    const hl_group *group;  /* all ranks of the side */
    const hl_group *copies; /* those that hold the same share as I */
    const hl_peers *peers;  /* those that hold the other shares of my stage */
    int zero;
    float *w, *g;         /* (table->count) each */
    float *m, *v;         /* AdamW's moments of my block */
    size_t *block;        /* (copies + 1) where the blocks of the copies begin */
    size_t begin, end;    /* my block; without zero the whole */
    int layers;           /* of my stage */
    size_t *layer;        /* (layers + 1) where they begin */
    size_t *cut;          /* (copies + 1) a range cut by the blocks */
    bool *frozen;         /* (table->n) */
    hl_keeper keeper;     /* for the stack */
    hl_branch branch;     /* gradients of groups of micro-batches, where these are summed apart */
    bool overlaps;        /* are layers summed over the copies while the last backward goes on? */
    bool is_last;         /* does it? */
    int begun;            /* layers whose sums have begun, from the last one down */
    hl_buckets early;     /* these sums */
} hl_holding;

/* Zero weights of `table`, for training with gradients and moments too.  overlap: begin sums over copies while the last backward
 * goes on (zero 0 and 1).  h stays where it is, and has `whole`.  Local. */
void hl_holding_open(hl_holding *h, const hl_params *table, const hl_group *group, const hl_group *copies, const hl_peers *peers, int zero, bool for_training,
                     bool overlap);
void hl_holding_close(hl_holding *h);

/* Initial weights (hl_params_init) of what I hold.  Local. */
void hl_holding_init(hl_holding *h, uint64_t seed);

/* Digest of the weights that this rank counts: added over all ranks, that of the side.  Local. */
uint64_t hl_holding_digest(const hl_holding *h);

/* Weights that I do not hold are given up, after all were written.  Local. */
void hl_holding_leave_all(hl_holding *h);

/* Gradients are zero.  Local. */
void hl_holding_zero(hl_holding *h);

/* What is added to h->g from now on belongs to this group of micro-batches (mpi/branch.h); h->g may be another array
 * after it.  For zero 0 and 1.  Local. */
void hl_holding_turn(hl_holding *h, int group);

/* The backward that comes next is the last of this step: a layer's gradients are final when it is done with it.  Without this they are
 * when hl_holding_sum is called.  Local. */
void hl_holding_go_last(hl_holding *h);

/* Move on sums that have begun, without waiting.  Local. */
void hl_holding_move(hl_holding *h);

/* Gradients of all copies and peers, added; each copy has its block.  Collective over copies and peers. */
void hl_holding_sum(hl_holding *h, hl_arena *scratch);

/* What the copies have updated, each its block, to all who hold it.  Collective over the copies. */
void hl_holding_share(hl_holding *h);

#endif
