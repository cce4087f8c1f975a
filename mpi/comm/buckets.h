/* buckets.h - sums over replicas that go on while the rest of the array is still being computed.
 *
 * A range of an array is final before others are: its sum is posted, moved on now and then between other work, and
 * ended with the others.  MPI need not move anything by itself, so hl_buckets_progress is called often.  Sums are
 * those of hl_group_all_reduce and hl_group_reduce_scatter to the bit, since each number is added by the tree of the
 * ranks. Ranges are cut into buckets of at most 16 MB, of which only a few are under way at a time, so that the wire
 * takes little memory.
 *
 * Nobody waits before hl_buckets_finish: replicas may be as far apart as they like. */
#ifndef MPI_COMM_BUCKETS_H
#define MPI_COMM_BUCKETS_H
#include "mpi/comm/blocks.h"

enum { HL_BUCKET_MOST = 1 << 22 }; /* numbers of a bucket, at most */

typedef struct {
    size_t *at; /* (2 ranks) where the blocks of dp begin, then how long they are */
    float *x;
    bool is_sent, is_summed, is_done;
    hl_parcels going;
} hl_bucket;

typedef struct {
    const hl_group *dp;
    const size_t *block; /* (dp + 1) whose numbers [block[r], block[r + 1]) are; NULL: everyone gets all sums */
    hl_bucket *bucket;   /* (n) in the order in which they were added */
    size_t room;
    int n, done; /* so many of the first are done */
} hl_buckets;

/* block is borrowed.  Local. */
void hl_buckets_open(hl_buckets *b, const hl_group *dp, const size_t *block);
void hl_buckets_close(hl_buckets *b);

/* Numbers [lo, hi) of x are final on this rank: begin their sum.  All replicas add the same ranges in the same order;
 * x[lo, hi) is not touched until hl_buckets_finish.  Where blocks are given the sum ends at their owners, and the rest
 * is undefined. */
void hl_buckets_add(hl_buckets *b, float *x, size_t lo, size_t hi);

/* Do what can be done without waiting.  Local. */
void hl_buckets_progress(hl_buckets *b);

/* Wait until all sums are there.  Collective over dp. */
void hl_buckets_finish(hl_buckets *b);

#endif
