/* scalapack.h - what is called of BLACS, PBLAS and ScaLAPACK, which come without C headers.
 *
 * These are Fortran libraries: arguments are addresses, indices count from 1, matrices are column-major, integers
 * have 32 bits.  A Fortran routine has the length of each text as a last argument more; PBLAS and the names with C
 * have none. A bad argument ends the job inside of them, so callers look first.  `desc` is a descriptor made by
 * descinit_. */
#ifndef MPI_LINALG_SCALAPACK_H
#define MPI_LINALG_SCALAPACK_H
#include <mpi.h>
#include <stddef.h>

/* ---- BLACS: contexts, each a grid of processes */

/* A handle that stands for a communicator; give it back when no grid needs it any more. */
int Csys2blacs_handle(MPI_Comm comm);
void Cfree_blacs_system_handle(int handle);

/* *context holds a handle and becomes the context of a grid.  Collective over the handle's communicator; the process
 * at row i, column j is its rank ranks[i + j * leading]. */
void Cblacs_gridmap(int *context, int *ranks, int leading, int rows, int columns);
void Cblacs_gridinfo(int context, int *rows, int *columns, int *row, int *column);
void Cblacs_gridexit(int context);

/* ---- matrices in blocks, dealt to the grid in turn along both axes */

/* How many of n things in blocks of `block` process `part` of `parts` has, the first block being process `first`'s. */
int numroc_(const int *n, const int *block, const int *part, const int *first, const int *parts);

/* desc (9): m x n in blocks of mb x nb, the first at process (rsrc, csrc), `leading` rows from column to column in
 * memory. */
void descinit_(int *desc, const int *m, const int *n, const int *mb, const int *nb, const int *rsrc, const int *csrc,
               const int *context, const int *leading, int *info);

/* c (m, n) at (ic, jc) = beta c + alpha a^T, a (n, m) at (ia, ja). */
void pdtran_(const int *m, const int *n, const double *alpha, const double *a, const int *ia, const int *ja,
             const int *desca, const double *beta, double *c, const int *ic, const int *jc, const int *descc);

/* c (m, n) at (ic, jc) = beta c + alpha a b, a (m, k) at (ia, ja), b (k, n) at (ib, jb), either turned over where
 * "T". */
void psgemm_(const char *turn_a, const char *turn_b, const int *m, const int *n, const int *k, const float *alpha,
             const float *a, const int *ia, const int *ja, const int *desca, const float *b, const int *ib,
             const int *jb, const int *descb, const float *beta, float *c, const int *ic, const int *jc,
             const int *descc);

/* The triangle `uplo` of a symmetric a becomes its Cholesky factor; info > 0: not positive definite, the same
 * everywhere. */
void pdpotrf_(const char *uplo, const int *n, double *a, const int *ia, const int *ja, const int *desc, int *info,
              size_t uplo_length);
/* The factor becomes that triangle of the inverse. */
void pdpotri_(const char *uplo, const int *n, double *a, const int *ia, const int *ja, const int *desc, int *info,
              size_t uplo_length);

/* w (n) = the eigenvalues, ascending, the same everywhere, of a symmetric a, whose triangle `uplo` is read and lost;
 * with jobz "N" z is not touched.  lwork -1 only asks: work[0] is how much work (lwork) it takes.  info > 0: no
 * convergence. */
void pdsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *ia, const int *ja,
             const int *desca, double *w, double *z, const int *iz, const int *jz, const int *descz, double *work,
             const int *lwork, int *info, size_t jobz_length, size_t uplo_length);

#endif
