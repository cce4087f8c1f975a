/* algorithms.h - the algorithms of collectives that add, and which one is taken.
 *
 * All algorithms give the bits of the tree of the ranks (base/fold.h).  So the choice is a matter of time alone, and
 * follows the size of the array and the number of ranks:
 *
 *     direct    blocks straight to their owners, sums straight back         2 (p - 1) messages at once: blocks.h
 *     ring      blocks and sums to neighbours alone                         2 (p - 1) messages one after the other
 *     halving   halves between ranks 1, 2, 4 ... apart, and back            2 log p
 *     doubling  whole arrays between ranks 1, 2, 4 ... apart                log p, each of the whole array
 *     mpi       MPI_Allreduce, for floats of two ranks: their sum has one order only
 *
 * `hllm bench collectives` times each algorithm at each size and says which was best where. */
#ifndef MPI_COMM_ALGORITHMS_H
#define MPI_COMM_ALGORITHMS_H
#include "mpi/comm/blocks.h"

typedef struct {
    const char *name;
    /* x (n) combined on all ranks; n * size is at most a piece of 16 MB. */
    void (*all_reduce)(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine);
    /* What rank `rank` of so many sends in it. */
    void (*sent)(hl_sent *s, int ranks, int rank, size_t n, size_t size);
    /* Of blocks, and what is sent; NULL where the algorithm has none. */
    void (*reduce_scatter)(const hl_group *g, const hl_blocks *b);
    void (*reduce_scatter_sent)(hl_sent *s, int ranks, int rank, const size_t *count, size_t size);
    void (*all_gather)(const hl_group *g, const hl_blocks *b);
    void (*all_gather_sent)(hl_sent *s, int ranks, int rank, const size_t *count, size_t size);
    bool (*fits)(int ranks, hl_combine combine); /* NULL: always */
} hl_algorithm;

/* All algorithms; the last has a NULL name. */
extern const hl_algorithm hl_algorithms[];

/* From now on this one for arrays of 32 KB or more, wherever it can; NULL: the one that follows from the size.  False
 * where there is none of this name.  The same on all ranks; local. */
bool hl_algorithm_take(const char *name);

/* The algorithm for an array of so many bytes in all. */
const hl_algorithm *hl_algorithm_for(int ranks, size_t bytes, hl_combine combine);

/* The algorithm for hl_group_reduce_scatter and hl_group_all_gather_blocks. */
const hl_algorithm *hl_algorithm_for_blocks(int ranks, size_t bytes);

#endif
