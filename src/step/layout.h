/* layout.h - which ranks are the item group and which the user group, and what each computes.
 *
 * Each group is a number of replicas of its model (data parallel).  A replica is `pp` stages of some layers each,
 * one after the other (pipeline), and a stage is `tp` neighbouring ranks that share its layers (tensor parallel).
 * Rows enter a replica at its first stage and leave it at its last.  Ranks in neither group are idle and legal.
 * Separate groups are disjoint; colocated ones both begin at rank 0; hybrid is an item group on all ranks of which
 * the last ones hold the User LLM too, and take as many fewer texts as users cost. */
#ifndef STEP_LAYOUT_H
#define STEP_LAYOUT_H
#include "base/arena.h"
#include "base/error.h"
#include "step/plan.h"
#include "model/side.h"
#include "model/tensor-group.h"
#include "model/tiles.h"
#include <stdbool.h>

typedef enum { HL_COLOCATED, HL_SEPARATE, HL_HYBRID } hl_layout_kind;
extern const char *const hl_layout_kind_name[];

/* Ranks [begin, begin + ranks) hold the model of a side: replicas of tp x pp ranks. */
typedef struct {
    int begin, ranks;
    int tp, pp; /* ranks a stage, stages a replica */
    int rows;   /* of the grid that the tp ranks of a stage make; 0: none, layers are cut along one axis */
} hl_layout_side;

typedef struct {
    int ranks;
    hl_layout_kind kind;
    hl_layout_side side[HL_SIDES];
    hl_tile_engine engine; /* who multiplies on grids */
    /* the tp ranks of a stage that are no grid have some rows each between products (model/tensor-group.h) */
    bool sequence_parallel;
} hl_layout;

/* What somebody wants of a side.  dp: replicas, 0: as many as fit (separate and hybrid: one user replica); tp: ranks a
 * stage, pp: stages, 0: one. */
typedef struct {
    int dp, tp, pp;
} hl_layout_wish_side;

typedef struct {
    hl_layout_kind kind;
    hl_layout_wish_side side[HL_SIDES];
} hl_layout_wish;

/* HL_EUSAGE with the nearest possible layout where it is not possible. */
hl_status hl_layout_make(hl_layout *l, int ranks, const hl_layout_wish *wish);

/* The tp ranks of a stage make grids of so many rows, which divide them; 0: none. */
void hl_layout_take_grids(hl_layout *l, const int rows[HL_SIDES], hl_tile_engine engine);

/* Ranks of a replica, and replicas. */
static inline int hl_layout_width(const hl_layout *l, hl_side side) { return l->side[side].tp * l->side[side].pp; }
static inline int hl_layout_replicas(const hl_layout *l, hl_side side)
{
    return l->side[side].ranks / hl_layout_width(l, side);
}

/* So many micro-batches, or a multiple, keep all ranks of a side busy: one for each stage of each replica. */
static inline int hl_layout_parts(const hl_layout *l, hl_side side)
{
    return hl_layout_replicas(l, side) * l->side[side].pp;
}

/* Does this rank hold the model of a side? */
static inline bool hl_layout_has(const hl_layout *l, hl_side side, int rank)
{
    return rank >= l->side[side].begin && rank < l->side[side].begin + l->side[side].ranks;
}

/* The replica of a rank of the side. */
static inline int hl_layout_replica(const hl_layout *l, hl_side side, int rank)
{
    return (rank - l->side[side].begin) / hl_layout_width(l, side);
}

/* The first rank of a replica, which stands for it in a hl_share; and that of the replica that a rank of the side is
 * in. */
static inline int hl_layout_first_rank(const hl_layout *l, hl_side side, int replica)
{
    return l->side[side].begin + replica * hl_layout_width(l, side);
}
static inline int hl_layout_first_rank_of(const hl_layout *l, hl_side side, int rank)
{
    return hl_layout_first_rank(l, side, hl_layout_replica(l, side, rank));
}

/* The first rank of the last stage of the replica with this first rank. */
static inline int hl_layout_last_stage(const hl_layout *l, hl_side side, int first_rank)
{
    return first_rank + (l->side[side].pp - 1) * l->side[side].tp;
}

/* The stage of a rank of the side. */
static inline int hl_layout_stage(const hl_layout *l, hl_side side, int rank)
{
    return (rank - l->side[side].begin) % hl_layout_width(l, side) / l->side[side].tp;
}

/* Which of the tp ranks of its stage a rank of the side is. */
static inline int hl_layout_share(const hl_layout *l, hl_side side, int rank)
{
    return (rank - l->side[side].begin) % l->side[side].tp;
}

/* What a rank of a side is among those that share its layers: places and sizes, without the functions that talk to
 * them (mpi/train/mesh.h).  Outside of the side: alone. */
hl_tensor_group hl_layout_tensor_group(const hl_layout *l, hl_side side, int rank);

/* Is this rank in the last stage of a replica, where its vectors come out? */
static inline bool hl_layout_is_last_stage(const hl_layout *l, hl_side side, int rank)
{
    return hl_layout_has(l, side, rank) && hl_layout_stage(l, side, rank) == l->side[side].pp - 1;
}

/* How many ranks are in the last stages of a side, and which is the i-th of them. */
static inline int hl_layout_last_stage_ranks(const hl_layout *l, hl_side side)
{
    return hl_layout_replicas(l, side) * l->side[side].tp;
}
static inline int hl_layout_last_stage_rank(const hl_layout *l, hl_side side, int i)
{
    const int tp = l->side[side].tp;
    return hl_layout_last_stage(l, side, hl_layout_first_rank(l, side, i / tp)) + i % tp;
}

/* "2 item + 1 user replicas separate on 4 ranks, 1 idle"; of several ranks "2 item (tp 2 x pp 3) + ...", of a
 * grid "2 item (tp 2x2) + ..." */
void hl_layout_text(char *out, size_t n, const hl_layout *l);

/* Which replica computes each micro-batch of a plan, by its first rank: the costliest first to whoever has least.
 * Micro-batches that are read are dealt out by themselves, since everybody waits for them; the others go where user
 * work leaves room.  Where a plan has groups, a replica has those of a branch of base/fold.h (no more replicas than
 * groups). */
typedef struct {
    int *micro_batch;      /* (micro_batches) */
    int *user_micro_batch; /* (user_micro_batches) */
    /* of its micro-batches of history items, and of those of negatives only, a replica saves the activations of so many
     * for the backward, the first ones, and recomputes the others; all until somebody decides otherwise */
    int save_history, save_negatives_only;
    /* replicas go through micro-batches together; those with fewer go through empty ones.  false at first */
    bool lockstep;
} hl_share;

/* Does the replica of an item micro-batch save its activations for the backward, or recompute them? */
bool hl_share_saves(const hl_share *s, const hl_plan *p, int mb);

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena);

#endif
