/* no-grid.c - a rehearsal has no grids of ranks: hllm rehearse refuses them before. */
#include "base/error.h"
#include "mpi/linalg/tiles.h"

void hl_tile_grid_open(hl_tile_grid *t, const hl_group *g, int rows, hl_tile_engine engine)
{
    (void)t, (void)g, (void)rows, (void)engine;
    HL_CHECK(false);
}

void hl_tile_grid_close(hl_tile_grid *t) { (void)t; }
