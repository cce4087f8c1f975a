/* blacs.h - the ranks of a group as a grid, for ScaLAPACK.
 *
 * The grid is as square as possible, with at least as many rows as columns.  Of p ranks fewer than sqrt(p) are not
 * in the grid. */
#ifndef MPI_LINALG_BLACS_H
#define MPI_LINALG_BLACS_H
#include "mpi/comm/group.h"

typedef struct {
    int rows, columns; /* known to all ranks */
    int row, column;   /* where I am; -1: not in the grid */
    int context;       /* of BLACS */
    hl_group all;      /* the ranks of the grid, row by row */
    hl_group line;     /* the ranks of my row of the grid, in the order of the columns */
} hl_grid;

/* The rows and columns of a grid of so many ranks.  Local. */
void hl_grid_shape(int *rows, int *columns, int ranks);

/* Open the grid of the ranks of g, which may be closed while the grid is open.  Collective over g. */
void hl_grid_open(hl_grid *grid, const hl_group *g);
void hl_grid_close(hl_grid *grid);

/* Is this rank in the grid?  Local. */
static inline bool hl_grid_has_me(const hl_grid *grid) { return grid->row >= 0; }

#endif
