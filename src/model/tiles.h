/* tiles.h - products of matrices that lie in tiles over a grid of ranks, as the model sees them.
 *
 * The peers of a model may make a grid of rows x columns.  Tokens are divided over its rows, what a layer puts out (and
 * what it reads) over its columns, so that rank (r, c) has the tile (tokens of r, numbers of c) of every activation.
 * Of a matrix w it has the tile (what c puts out, what is read in part r).  mpi/ fills this table; several engines
 * can. */
#ifndef MODEL_TILES_H
#define MODEL_TILES_H
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/* Who multiplies: SUMMA over our own products, or ScaLAPACK's PBLAS. */
typedef enum { HL_SUMMA, HL_SCALAPACK } hl_tile_engine;

/* y (T, F) = x (T, D) w^T, w (F, D), cut into tiles: where the share of each row or column of the grid begins, from
 * 0 to the whole.  Any share may be empty; D is cut twice, for x and for w. */
typedef struct {
    const int *T; /* (rows + 1) tokens */
    const int *F; /* (columns + 1) what comes out */
    const int *D; /* (columns + 1) what is read, as x has it */
    const int *K; /* (rows + 1) the same, as w has it */
    bool careful; /* each number summed in double and rounded once, where the engine can */
} hl_tile_cuts;

typedef struct hl_tiles hl_tiles;
struct hl_tiles {
    int rows, columns, row, column; /* of the grid; where I am */
    const void *self;
    /* My tiles of y and, given dy, of dx, which are overwritten, and of dw, which is added to.  dx or
     * dw may be NULL: not wanted.  Collective over the grid. */
    void (*forward)(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                    hl_arena *scratch);
    void (*backward)(const hl_tiles *g, float *dx, float *dw, const float *dy, const float *x, const float *w,
                     const hl_tile_cuts *c, hl_arena *scratch);
    /* y (n) added over my row of the grid.  Collective over the row. */
    void (*sum_row)(const hl_tiles *g, double *y, size_t n);
};

/* Of D, the longest pieces that are one column's of x and one row's of w. */
typedef struct {
    int begin, n, column, row;
} hl_tile_panel;

/* The next piece after p, the first after one that is all zero; false after the last. */
bool hl_tile_panel_next(hl_tile_panel *p, const hl_tiles *g, const hl_tile_cuts *c);

#endif
