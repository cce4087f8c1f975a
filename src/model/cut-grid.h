/* cut-grid.h - weights in tiles over a grid of ranks, and the rows that each row of the grid has. */
#ifndef MODEL_CUT_GRID_H
#define MODEL_CUT_GRID_H
#include "model/cut.h"

/* Where the shares of so many columns, or rows, of a grid begin (parts + 1), of lengths side by side; `of` ends with
 * HL_NO_LENGTH.  Columns may share a key head, and each has it. */
const int *hl_cut_grid_axis(const hl_transformer *c, const hl_length *of, int parts, hl_arena *room);

/* The tokens and segments of a pack that are my row's.  `begin` is the pack's own, so this says sizes, not places. */
hl_pack hl_cut_grid_part_of(const hl_stack *m, const hl_pack *pack);

/* p->pack: my row's part of p->whole, renumbered; and how large everyone's is. */
void hl_cut_grid_take_part(hl_pass *p);

#endif
