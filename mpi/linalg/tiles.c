/* tiles.c - the ranks that share one replica as a grid: its lines, and who multiplies over it. */
#include "mpi/linalg/tiles.h"
#include "mpi/linalg/pblas.h"
#include "mpi/linalg/summa.h"

static const struct {
    void (*forward)(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                    hl_arena *scratch);
    void (*backward)(const hl_tiles *g, float *dx, float *dw, const float *dy, const float *x, const float *w,
                     const hl_tile_cuts *c, hl_arena *scratch);
} engines[] = {
    [HL_SUMMA] = {hl_summa_forward, hl_summa_backward},
    [HL_SCALAPACK] = {hl_pblas_forward, hl_pblas_backward},
};

static void sum_row(const hl_tiles *g, double *y, size_t n)
{
    const hl_tile_grid *t = g->self;
    hl_group_all_reduce_double(&t->row, y, n);
}

void hl_tile_grid_open(hl_tile_grid *t, const hl_group *g, int rows, hl_tile_engine engine)
{
    const int columns = g->size / rows;
    HL_CHECK(rows * columns == g->size);
    *t = (hl_tile_grid){.tiles = {.rows = rows,
                                  .columns = columns,
                                  .row = g->rank / columns,
                                  .column = g->rank % columns,
                                  .self = t,
                                  .forward = engines[engine].forward,
                                  .backward = engines[engine].backward,
                                  .sum_row = sum_row},
                        .context = -1};
    hl_group_split(&t->row, g, t->tiles.row);
    hl_group_split(&t->column, g, t->tiles.column);
    if (engine == HL_SCALAPACK) t->context = hl_pblas_open(g, &t->tiles);
}

void hl_tile_grid_close(hl_tile_grid *t)
{
    if (!hl_group_has_me(&t->row)) return;
    if (t->context >= 0) hl_pblas_close(t->context);
    hl_group_close(&t->column);
    hl_group_close(&t->row);
    *t = (hl_tile_grid){0};
}
