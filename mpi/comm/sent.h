/* sent.h - what a rank sends in a collective of group.h, without doing it: the bytes and messages that it counts.
 *
 * Each function adds those of rank `rank` of `ranks` to s.  All are local. */
#ifndef MPI_COMM_SENT_H
#define MPI_COMM_SENT_H
#include "base/fold.h"
#include "mpi/comm/counted.h"

/* hl_group_all_reduce_with, and hl_group_all_reduce. */
void hl_sent_all_reduce_with(hl_sent *s, int ranks, int rank, size_t n, size_t size, hl_combine combine);
void hl_sent_all_reduce(hl_sent *s, int ranks, int rank, size_t n);

/* hl_group_reduce_scatter and hl_group_all_gather_blocks; begin (ranks + 1). */
void hl_sent_reduce_scatter(hl_sent *s, int ranks, int rank, const size_t *begin);
void hl_sent_all_gather_blocks(hl_sent *s, int ranks, int rank, const size_t *begin);

/* hl_group_all_reduce_int. */
void hl_sent_all_reduce_int(hl_sent *s, int ranks, size_t n);

void hl_sent_broadcast(hl_sent *s, int ranks, int rank, size_t bytes, int from);

#endif
