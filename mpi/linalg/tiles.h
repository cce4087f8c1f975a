/* tiles.h - the ranks that share one replica, as a grid. */
#ifndef MPI_LINALG_TILES_H
#define MPI_LINALG_TILES_H
#include "model/tiles.h"
#include "mpi/comm/group.h"

typedef struct {
    hl_tiles tiles;       /* as the model sees it; self is this struct, which stays where it is */
    hl_group row, column; /* the ranks of my row of the grid, by column; the ranks of my column, by row */
    int context;          /* of BLACS; -1: the engine is not ScaLAPACK */
} hl_tile_grid;

/* Make a grid of the ranks of g, row by row; `rows` divides their number.  g may be closed while the grid is open.
 * Collective over g. */
void hl_tile_grid_open(hl_tile_grid *t, const hl_group *g, int rows, hl_tile_engine engine);
void hl_tile_grid_close(hl_tile_grid *t);

#endif
