/* blacs.c - the ranks of a group as a grid, for ScaLAPACK. */
#include "mpi/linalg/blacs.h"
#include "base/arena.h"
#include "mpi/linalg/scalapack.h"
#include <stdlib.h>

void hl_grid_shape(int *rows, int *columns, int ranks)
{
    int c = 1;
    while ((c + 1) * (c + 1) <= ranks) c++;
    *columns = c;
    *rows = ranks / c;
}

/* A group a row; everyone takes part in the making of each. */
static void make_lines(hl_grid *grid)
{
    for (int r = 0; r < grid->rows; r++) {
        hl_group line;
        hl_group_subset(&line, &grid->all, grid->row == r);
        if (grid->row == r) grid->line = line;
    }
}

static void make_context(hl_grid *grid)
{
    int rows, columns, row, column, *ranks = hl_alloc((size_t)grid->all.size * sizeof *ranks);
    for (int r = 0; r < grid->all.size; r++) ranks[r / grid->columns + r % grid->columns * grid->rows] = r;
    int handle = Csys2blacs_handle(grid->all.comm);
    grid->context = handle;
    Cblacs_gridmap(&grid->context, ranks, grid->rows, grid->rows, grid->columns);
    Cblacs_gridinfo(grid->context, &rows, &columns, &row, &column);
    HL_CHECK(rows == grid->rows && columns == grid->columns && row == grid->row && column == grid->column);
    Cfree_blacs_system_handle(handle);
    free(ranks);
}

void hl_grid_open(hl_grid *grid, const hl_group *g)
{
    *grid = (hl_grid){.row = -1, .column = -1};
    hl_grid_shape(&grid->rows, &grid->columns, g->size);
    hl_group_subset(&grid->all, g, g->rank < grid->rows * grid->columns);
    if (!hl_group_has_me(&grid->all)) return;
    grid->row = grid->all.rank / grid->columns;
    grid->column = grid->all.rank % grid->columns;
    make_lines(grid);
    make_context(grid);
}

void hl_grid_close(hl_grid *grid)
{
    if (hl_group_has_me(&grid->all)) {
        Cblacs_gridexit(grid->context);
        hl_group_close(&grid->line);
        hl_group_close(&grid->all);
    }
    *grid = (hl_grid){.row = -1, .column = -1};
}
