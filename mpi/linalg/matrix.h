/* matrix.h - square matrices dealt over a grid of ranks in blocks, and what ScaLAPACK computes with them.
 *
 * Rows and columns are cut into blocks of one size.  The blocks are dealt in turn to the rows and columns of the
 * grid (block-cyclic), so that all ranks have work until the end of a factorisation.  The shard of a rank is one
 * dense column-major array. */
#ifndef MPI_LINALG_MATRIX_H
#define MPI_LINALG_MATRIX_H
#include "mpi/linalg/blacs.h"

/* One axis: n rows, or columns, in blocks that are dealt in turn to `parts` ranks; I am `part`.  All indices count
 * from 0. */
typedef struct {
    int n, block, parts, part;
} hl_axis;

int hl_axis_count(const hl_axis *a);         /* how many are in my shard */
int hl_axis_local(const hl_axis *a, int i);  /* the local index of global index i; -1: another rank has it */
int hl_axis_global(const hl_axis *a, int k); /* the global index of local index k */

typedef struct {
    const hl_grid *grid;
    hl_axis row, column;
    int rows, columns; /* of my shard; 0 on a rank that is not in the grid */
    int desc[9];       /* for ScaLAPACK; row k of column j of my shard is at x[k + j * rows] */
    double *x;
} hl_matrix;

/* Is there room for `matrices` n x n matrices dealt over the ranks of g?  HL_EUSAGE, with how many ranks or how much
 * memory it takes, where not.  Collective over g. */
hl_status hl_matrix_fits(const hl_group *g, int64_t n, int matrices);

/* Open a matrix of zeros.  Local; the grid must stay open. */
void hl_matrix_open(hl_matrix *m, const hl_grid *grid, int n);
void hl_matrix_close(hl_matrix *m);

/* m = m^-1, both triangles, for a symmetric positive definite m of which the lower triangle is read.  HL_ENUMERIC on
 * all ranks where it is not positive definite.  Collective over the ranks of the grid. */
hl_status hl_matrix_invert(hl_matrix *m);

/* value (n) = the eigenvalues of a symmetric m, ascending, the same on all ranks; m is undefined on return.
 * HL_ENUMERIC where they do not converge.  Collective over the ranks of the grid. */
hl_status hl_matrix_eigenvalues(double *value, hl_matrix *m);

/* y (m->rows) = the diagonal of m at my rows, the same on all ranks of my row of the grid.  Collective over the
 * ranks of that row. */
void hl_matrix_diagonal(double *y, const hl_matrix *m);

#endif
