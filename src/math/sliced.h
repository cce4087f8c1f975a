/* sliced.h - products with a weight matrix in slices, each with the same bits wherever it is computed.
 *
 * The bits of a BLAS product depend on its sizes and on the number of threads; those of hl_product do not.  Here a
 * matrix is cut into slices of a fixed size (those that ranks of a tensor group may have), and sums over slices
 * follow the tree of base/fold.h.  Who has some of the slices, a power of two of neighbours, gets the sums of a
 * branch. */
#ifndef MATH_SLICED_H
#define MATH_SLICED_H
#include "base/arena.h"

enum { HL_PIECES = 3 };

/* Columns of an output: `parts` matrices side by side (queries, keys, values), each cut into `slices` of the same
 * width. */
typedef struct {
    int slices, parts;
    int width[HL_PIECES]; /* of each part; slices divide it */
} hl_pieces;

/* Of all parts together. */
int hl_pieces_width(const hl_pieces *p);

/* Column-parallel: y (T, N) = x (T, D) w^T, w (N, D), N = hl_pieces_width. */
void hl_sliced_column_parallel_forward(float *y, const float *x, const float *w, int T, int D, const hl_pieces *p);

/* dx (T, D) = dy (T, N) w, summed over slices;   dw (N, D) += dy^T x.  dx or dw may be NULL: not wanted. */
void hl_sliced_column_parallel_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T,
                                        int D, const hl_pieces *p, hl_arena *scratch);

/* Row-parallel: y (T, F) = x (T, K) w^T, w (F, K), summed over slices of K. */
void hl_sliced_row_parallel_forward(float *y, const float *x, const float *w, int T, int K, int F, int slices,
                                    hl_arena *scratch);

/* dx (T, K) = dy (T, F) w;   dw (F, K) += dy^T x.  dx or dw may be NULL: not wanted. */
void hl_sliced_row_parallel_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T,
                                     int K, int F);

#endif
