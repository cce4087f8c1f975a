/* halving.h - combine an array over ranks that are 1, 2, 4 ... apart, which is the tree of the ranks (base/fold.h)
 * level by level.
 *
 * x (n) elements of `size` bytes, together at most 2 GB; any number of ranks: what is above a power of two first
 * gives its array to a neighbour, with which it shares a branch, and gets the sum back.  Collective. */
#ifndef MPI_HALVING_H
#define MPI_HALVING_H
#include "mpi/group.h"

/* Whole arrays at each level: log p messages of n.  For short ones. */
void hl_doubling_all_reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine);

/* Half of what is left at each level, then the halves back: 2 log p messages, 2 (p - 1) / p n numbers from each of a
 * power of two of ranks (Rabenseifner, ICCS 2004, with the distances the other way round). */
void hl_halving_all_reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine);

#endif
