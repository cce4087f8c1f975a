/* layout.h - which ranks are the item group and which the user group, and what each computes.
 *
 * Each group is a number of replicas of its model (data parallel).  A replica is `pp` stages of some layers each,
 * one after the other (pipeline), and a stage is `tp` neighbouring ranks that share its layers (tensor parallel).
 * Rows enter a replica at its first stage and leave it at its last.  Ranks in neither group are idle and legal.
 * Separate groups are disjoint; colocated ones both begin at rank 0; hybrid is an item group on all ranks of which
 * the last ones hold the User LLM too, and take as many fewer texts as users cost. */
#ifndef MODEL_LAYOUT_H
#define MODEL_LAYOUT_H
#include "base/arena.h"
#include "base/error.h"
#include "model/plan.h"
#include "model/tiles.h"
#include <stdbool.h>

typedef enum { HL_COLOCATED, HL_SEPARATE, HL_HYBRID } hl_layout_kind;
extern const char *const hl_layout_kind_name[];

typedef struct {
    int ranks;
    hl_layout_kind kind;
    /* ranks [item_begin, item_begin + items) hold the Item LLM, item_tp x item_pp a replica */
    int item_begin, items, item_tp, item_pp;
    int user_begin, users, user_tp, user_pp;
    int item_rows,
        user_rows;         /* of the grid that the tp ranks of a stage make; 0: none, layers are cut along one axis */
    hl_tile_engine engine; /* who multiplies on grids */
    /* the tp ranks of a stage that are no grid have some rows each between products (model/tensor-group.h) */
    bool sequence_parallel;
} hl_layout;

/* What somebody wants.  dp: replicas, 0: as many as fit (separate and hybrid: one user replica); tp: ranks a stage,
 * pp: stages, 0: one. */
typedef struct {
    hl_layout_kind kind;
    int item_dp, item_tp, user_dp, user_tp, item_pp, user_pp;
} hl_layout_wish;

/* HL_EUSAGE with the nearest possible layout where it is not possible. */
hl_status hl_layout_make(hl_layout *l, int ranks, const hl_layout_wish *wish);

/* The tp ranks of a stage make grids of so many rows, which divide them; 0: none. */
void hl_layout_take_grids(hl_layout *l, int item_rows, int user_rows, hl_tile_engine engine);

/* Ranks of a replica, and replicas. */
static inline int hl_layout_item_width(const hl_layout *l) { return l->item_tp * l->item_pp; }
static inline int hl_layout_user_width(const hl_layout *l) { return l->user_tp * l->user_pp; }
static inline int hl_layout_item_replicas(const hl_layout *l) { return l->items / hl_layout_item_width(l); }
static inline int hl_layout_user_replicas(const hl_layout *l) { return l->users / hl_layout_user_width(l); }

/* So many micro-batches, or a multiple, keep all item ranks busy: one for each stage of each replica. */
static inline int hl_layout_item_parts(const hl_layout *l) { return hl_layout_item_replicas(l) * l->item_pp; }

static inline bool hl_layout_has_item(const hl_layout *l, int rank)
{
    return rank >= l->item_begin && rank < l->item_begin + l->items;
}
static inline bool hl_layout_has_user(const hl_layout *l, int rank)
{
    return rank >= l->user_begin && rank < l->user_begin + l->users;
}

/* The first rank of replica i, which stands for it in a hl_share; and that of the replica that a rank of the group
 * is in. */
static inline int hl_layout_item_first_rank(const hl_layout *l, int replica)
{
    return l->item_begin + replica * hl_layout_item_width(l);
}
static inline int hl_layout_user_first_rank(const hl_layout *l, int replica)
{
    return l->user_begin + replica * hl_layout_user_width(l);
}
static inline int hl_layout_item_first_rank_of(const hl_layout *l, int rank)
{
    return hl_layout_item_first_rank(l, (rank - l->item_begin) / hl_layout_item_width(l));
}
static inline int hl_layout_user_first_rank_of(const hl_layout *l, int rank)
{
    return hl_layout_user_first_rank(l, (rank - l->user_begin) / hl_layout_user_width(l));
}

/* The first rank of the last stage of the replica with this first rank. */
static inline int hl_layout_item_last_stage(const hl_layout *l, int first_rank)
{
    return first_rank + (l->item_pp - 1) * l->item_tp;
}
static inline int hl_layout_user_last_stage(const hl_layout *l, int first_rank)
{
    return first_rank + (l->user_pp - 1) * l->user_tp;
}

/* The stage of a rank of the group. */
static inline int hl_layout_item_stage(const hl_layout *l, int rank)
{
    return (rank - l->item_begin) % hl_layout_item_width(l) / l->item_tp;
}
static inline int hl_layout_user_stage(const hl_layout *l, int rank)
{
    return (rank - l->user_begin) % hl_layout_user_width(l) / l->user_tp;
}

/* Is this rank in the last stage of a replica, where its vectors come out? */
static inline bool hl_layout_is_item_last_stage(const hl_layout *l, int rank)
{
    return hl_layout_has_item(l, rank) && hl_layout_item_stage(l, rank) == l->item_pp - 1;
}
static inline bool hl_layout_is_user_last_stage(const hl_layout *l, int rank)
{
    return hl_layout_has_user(l, rank) && hl_layout_user_stage(l, rank) == l->user_pp - 1;
}

/* How many ranks are in the last stages of the Item LLM, and which is the i-th of them. */
static inline int hl_layout_item_last_stage_ranks(const hl_layout *l)
{
    return hl_layout_item_replicas(l) * l->item_tp;
}
static inline int hl_layout_item_last_stage_rank(const hl_layout *l, int i)
{
    return hl_layout_item_last_stage(l, hl_layout_item_first_rank(l, i / l->item_tp)) + i % l->item_tp;
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
    /* of its micro-batches that are read, and of the others, a replica saves the activations of so many for the
     * backward, the first ones, and recomputes the others; all until somebody decides otherwise */
    int save_read, save_rest;
    /* replicas go through micro-batches together; those with fewer go through empty ones.  false at first */
    bool lockstep;
} hl_share;

/* Does the replica of an item micro-batch save its activations for the backward, or recompute them? */
bool hl_share_saves(const hl_share *s, const hl_plan *p, int mb);

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena);

#endif
