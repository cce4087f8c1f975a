/* recursive.h - recursive halving and doubling: combine an array over ranks that are 1, 2, 4 ... apart.
 *
 * That is the tree of the ranks (base/fold.h), level by level.  x has n elements of `size` bytes, together at most 2
 * GB.  Any number of ranks is fine: a rank above a power of two first gives its array to a neighbour, with which it
 * shares a branch, and gets the sum back.  Collective. */
#ifndef MPI_COMM_RECURSIVE_H
#define MPI_COMM_RECURSIVE_H
#include "mpi/comm/group.h"
#include "mpi/comm/counted.h"

/* Whole arrays at each level: log p messages of n.  For short ones. */
void hl_recursive_doubling_all_reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine);

/* Half of what is left at each level, then the halves back: 2 log p messages, 2 (p - 1) / p n numbers from each of a
 * power of two of ranks (Rabenseifner, ICCS 2004, with the distances the other way round). */
void hl_recursive_halving_all_reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine);

/* What rank `rank` of so many sends in each. */
void hl_recursive_doubling_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size);
void hl_recursive_halving_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size);

#endif
