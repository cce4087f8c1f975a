/* pblas.h - products over a grid of ranks by ScaLAPACK's PBLAS, to check and to compare mpi/linalg/summa.h with. */
#ifndef MPI_LINALG_PBLAS_H
#define MPI_LINALG_PBLAS_H
#include "mpi/linalg/tiles.h"

/* A BLACS context for the ranks of g, which make the grid of t.  Collective over g. */
int hl_pblas_open(const hl_group *g, const hl_tiles *t);
void hl_pblas_close(int context);

/* The products of hl_tiles (model/tiles.h); `careful` has no effect. */
void hl_pblas_forward(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                      hl_arena *scratch);
void hl_pblas_backward(const hl_tiles *g, float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const hl_tile_cuts *c, hl_arena *scratch);

#endif
