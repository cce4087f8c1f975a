/* matrix.h - square matrices dealt over a grid of ranks in blocks, and what ScaLAPACK does with them.
 *
 * Rows and columns are cut alike into blocks, and the blocks are dealt to the rows and columns of the grid in turn, so
 * that all have work until the end of a factorisation.  A rank's part is one dense column-major array. */
#ifndef MPI_MATRIX_H
#define MPI_MATRIX_H
#include "mpi/blacs.h"

/* One axis: n things in blocks, dealt in turn to `parts` of which I am `part`.  Things and places count from 0. */
typedef struct {
    int n, block, parts, part;
} hl_axis;

int hl_axis_count(const hl_axis *a);        /* how many are mine */
int hl_axis_place(const hl_axis *a, int i); /* where thing i is among mine; -1: it is somebody else's */
int hl_axis_thing(const hl_axis *a, int k); /* which thing is at my place k */

typedef struct {
    const hl_grid *grid;
    hl_axis row, column;
    int rows, columns; /* my part's; 0 on a rank that is left over */
    int desc[9];       /* for ScaLAPACK; row k of column j of my part is at x[k + j * rows] */
    double *x;
} hl_matrix;

/* Is there room for `matrices` n x n matrices dealt over the ranks of g?  HL_EUSAGE with how many ranks or how much
 * memory it takes.  Collective over g. */
hl_status hl_matrix_fits(const hl_group *g, int64_t n, int matrices);

/* All zero.  Local; the grid must stay open. */
void hl_matrix_open(hl_matrix *m, const hl_grid *grid, int n);
void hl_matrix_close(hl_matrix *m);

/* My part of a symmetric positive definite m, of which the lower triangle is read, becomes that of its inverse, both
 * triangles. HL_ENUMERIC where it is not positive definite, the same on all.  Collective over the ranks of the grid. */
hl_status hl_matrix_invert(hl_matrix *m);

/* value (n) = the eigenvalues of a symmetric m, ascending, the same on all; m is lost.  HL_ENUMERIC where they do
 * not converge. Collective over the ranks of the grid. */
hl_status hl_matrix_eigenvalues(double *value, hl_matrix *m);

/* y (rows of mine) = the diagonal of m at my rows, the same on all ranks of my row of the grid.  Collective over
 * them. */
void hl_matrix_diagonal(double *y, const hl_matrix *m);

#endif
