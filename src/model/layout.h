/* layout.h - which ranks are the item group and which the user group, and what each computes.
 *
 * Item replica i is rank item_begin + i, user replica j is rank user_begin + j; ranks in neither group are
 * idle and legal.  Separate groups are disjoint; colocated ones both begin at rank 0. */
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
    int item_begin, items; /* ranks [item_begin, item_begin + items) hold the Item LLM */
    int user_begin, users;
} hl_layout;

/* item_dp, user_dp: replicas wanted, 0: as many as fit (separate: one user replica).
 * HL_EUSAGE with the nearest possible layout where it is not possible. */
hl_status hl_layout_make(hl_layout *l, int ranks, hl_layout_kind kind, int item_dp, int user_dp);

static inline bool hl_layout_has_item(const hl_layout *l, int rank) { return rank >= l->item_begin && rank < l->item_begin + l->items; }
static inline bool hl_layout_has_user(const hl_layout *l, int rank) { return rank >= l->user_begin && rank < l->user_begin + l->users; }

/* "2 item + 1 user replicas separate on 4 ranks, 1 idle" */
void hl_layout_text(char *out, size_t n, const hl_layout *l);

/* Who computes the chunks of a plan: ranks of the job, costliest chunk first to whoever has least. */
typedef struct {
    int *chunk;      /* (chunks) */
    int *user_chunk; /* (user_chunks) */
} hl_share;

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena);

#endif
