/* summa.h - products over a grid of ranks, a panel at a time (van de Geijn and Watts, Concurrency 9, 1997). */
#ifndef MPI_LINALG_SUMMA_H
#define MPI_LINALG_SUMMA_H
#include "mpi/linalg/tiles.h"

/* The products of hl_tiles (model/tiles.h). */
void hl_summa_forward(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                      hl_arena *scratch);
void hl_summa_backward(const hl_tiles *g, float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const hl_tile_cuts *c, hl_arena *scratch);

#endif
