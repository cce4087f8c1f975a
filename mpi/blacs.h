/* blacs.h - the ranks of a group as a grid, for ScaLAPACK.
 *
 * The grid is as square as it can be and has at least as many rows as columns; of p ranks fewer than the square root
 * of p are left over, who have no part in it. */
#ifndef MPI_BLACS_H
#define MPI_BLACS_H
#include "mpi/group.h"

typedef struct {
    int rows, columns; /* known to all ranks */
    int row, column;   /* where I am; -1: left over */
    int context;       /* of BLACS */
    hl_group all;      /* the ranks of the grid, row by row */
    hl_group line;     /* those of my row of it, in the order of the columns */
} hl_grid;

/* The rows and columns of a grid of so many ranks.  Local. */
void hl_grid_shape(int *rows, int *columns, int ranks);

/* Collective over g, which may be closed while the grid is open. */
void hl_grid_open(hl_grid *grid, const hl_group *g);
void hl_grid_close(hl_grid *grid);

/* Local. */
static inline bool hl_grid_has_me(const hl_grid *grid) { return grid->row >= 0; }

#endif
