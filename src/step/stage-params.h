/* stage-params.h - the parameters of each share of each stage of a side: one table for all ranks that are alike.
 *
 * Ranks of different replicas have tables alike, so a layout of thousands of ranks has a few. */
#ifndef STEP_STAGE_PARAMS_H
#define STEP_STAGE_PARAMS_H
#include "step/layout.h"
#include "model/transformer.h"
#include "model/params.h"

typedef struct {
    const hl_layout *layout; /* borrowed */
    hl_side side;
    hl_params *table; /* (pp * tp) share by share, stage by stage */
} hl_stage_params;

void hl_stage_params_open(hl_stage_params *s, const hl_layout *l, hl_side side, const hl_transformer *shape,
                          int item_tokens);
void hl_stage_params_close(hl_stage_params *s);

/* Which of the tables is that of a rank of the side; so many there are. */
static inline int hl_stage_params_place(const hl_layout *l, hl_side side, int rank)
{
    return (rank - l->side[side].begin) % hl_layout_width(l, side);
}

/* The table of a rank of the side. */
static inline const hl_params *hl_stage_params_of(const hl_stage_params *s, int rank)
{
    return &s->table[hl_stage_params_place(s->layout, s->side, rank)];
}

#endif
