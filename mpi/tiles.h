/* tiles.h - the ranks that share one replica as a grid: its lines, and who multiplies over it. */
#ifndef MPI_TILES_H
#define MPI_TILES_H
#include "model/tiles.h"
#include "mpi/group.h"

typedef struct {
    hl_tiles tiles;       /* as the model sees it; self is this struct, which stays where it is */
    hl_group row, column; /* the ranks of my row of the grid, by column; those of my column, by row */
    int context;          /* of BLACS; -1 where ScaLAPACK is not asked */
} hl_tile_grid;

/* The ranks of g, row by row of a grid of so many rows, which divide them.  Collective over g, which may be closed
 * while the grid is open. */
void hl_tile_grid_open(hl_tile_grid *t, const hl_group *g, int rows, hl_tile_engine engine);
void hl_tile_grid_close(hl_tile_grid *t);

#endif
