/* layout.h - which ranks are the item group and which the user group, and what each computes.
 *
 * Each group is a number of replicas of its model (data parallel), each of which is `tp` neighbouring ranks that share
 * one copy (tensor parallel).  Ranks in neither group are idle and legal.  Separate groups are disjoint; colocated ones
 * both begin at rank 0. */
#ifndef MODEL_LAYOUT_H
#define MODEL_LAYOUT_H
#include "base/arena.h"
#include "base/error.h"
#include "model/plan.h"
#include <stdbool.h>

typedef enum { HL_COLOCATED, HL_SEPARATE } hl_layout_kind;

typedef struct {
    int ranks;
    hl_layout_kind kind;
    int item_begin, items, item_tp; /* ranks [item_begin, item_begin + items) hold the Item LLM, item_tp a copy */
    int user_begin, users, user_tp;
} hl_layout;

/* What somebody wants.  dp: replicas, 0: as many as fit (separate: one user replica); tp: ranks a replica, 0: one. */
typedef struct {
    hl_layout_kind kind;
    int item_dp, item_tp, user_dp, user_tp;
} hl_layout_wish;

/* HL_EUSAGE with the nearest possible layout where it is not possible. */
hl_status hl_layout_make(hl_layout *l, int ranks, const hl_layout_wish *wish);

static inline int hl_layout_item_replicas(const hl_layout *l) { return l->items / l->item_tp; }
static inline int hl_layout_user_replicas(const hl_layout *l) { return l->users / l->user_tp; }

static inline bool hl_layout_has_item(const hl_layout *l, int rank) { return rank >= l->item_begin && rank < l->item_begin + l->items; }
static inline bool hl_layout_has_user(const hl_layout *l, int rank) { return rank >= l->user_begin && rank < l->user_begin + l->users; }

/* The first rank of replica i, which stands for it in a hl_share; and that of the replica that a rank of the group is in. */
static inline int hl_layout_item_lead(const hl_layout *l, int replica) { return l->item_begin + replica * l->item_tp; }
static inline int hl_layout_user_lead(const hl_layout *l, int replica) { return l->user_begin + replica * l->user_tp; }
static inline int hl_layout_item_lead_of(const hl_layout *l, int rank) { return hl_layout_item_lead(l, (rank - l->item_begin) / l->item_tp); }
static inline int hl_layout_user_lead_of(const hl_layout *l, int rank) { return hl_layout_user_lead(l, (rank - l->user_begin) / l->user_tp); }

/* "2 item + 1 user replicas separate on 4 ranks, 1 idle"; with tensor parallelism "2 item (of 2 ranks) + ..." */
void hl_layout_text(char *out, size_t n, const hl_layout *l);

/* Which replica computes each chunk of a plan, by its first rank; the costliest chunk first to whoever has least. */
typedef struct {
    int *chunk;      /* (chunks) */
    int *user_chunk; /* (user_chunks) */
} hl_share;

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena);

#endif
