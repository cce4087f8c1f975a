/* grid-rows.h - which segments of a pack each row of a grid of ranks has: about as many tokens each.
 *
 * A prefix is computed by every row of the grid that has segments, each for its own: what leaves it is one row's to
 * give, and what comes back to it is the sum of what all rows' segments send.  Local. */
#ifndef MODEL_GRID_ROWS_H
#define MODEL_GRID_ROWS_H
#include "model/cut.h"

/* The tokens and segments of a pack that are my row's.  `begin` is the pack's own, so this says sizes, not places. */
hl_pack hl_grid_rows_part_of(const hl_stack *m, const hl_pack *pack);

/* p->pack: my row's part of p->whole, renumbered; and how large everyone's is. */
void hl_grid_rows_take(hl_pass *p);

#endif
