/* cut-grid.h - weights in tiles over a grid of ranks, and the rows that each row of the grid has. */
#ifndef MODEL_CUT_GRID_H
#define MODEL_CUT_GRID_H
#include "model/cut.h"

/* Where the shares of each axis begin: of those that columns divide (columns + 1), of those that rows divide (rows +
 * 1). */
typedef struct hl_grid_axes {
    const int *hidden, *qkv, *query, *key, *gate_up, *width; /* key: keys and values */
    const int *hidden_in, *query_in, *width_in;              /* as the weights that read them are cut */
    int *room;
} hl_grid_axes;

/* For a stack that is open in all else. */
hl_grid_axes *hl_cut_grid_axes_new(const hl_stack *m);
void hl_cut_grid_axes_free(hl_grid_axes *a);

/* The tokens and segments of a pack that are my row's.  `begin` is the pack's own, so this says sizes, not places. */
hl_pack hl_cut_grid_part_of(const hl_stack *m, const hl_pack *pack);

/* p->pack: my row's part of p->whole, renumbered; and how large everyone's is. */
void hl_cut_grid_take_part(hl_pass *p);

#endif
