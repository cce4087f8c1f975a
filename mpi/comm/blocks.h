/* blocks.h - an array of which each rank owns a block, and two algorithms that sum and gather the blocks.
 *
 * Both give the bits of the tree of the ranks (base/fold.h).  They talk by point-to-point messages under tags of
 * their own, so that they disturb nobody's collectives.  A message is at most 2 GB: a caller cuts longer arrays.
 *
 *     direct   everyone sends each owner its block, the owner adds by the tree: p - 1 messages at once
 *     ring     everyone talks to two neighbours alone (mpi/comm/ring.c): p - 1 messages one after the other */
#ifndef MPI_COMM_BLOCKS_H
#define MPI_COMM_BLOCKS_H
#include "mpi/comm/group.h"
#include "mpi/comm/counted.h"

typedef struct {
    char *x;
    size_t size;              /* bytes of an element */
    const size_t *at, *count; /* (ranks) elements [at, at + count) of x are rank r's; they do not overlap */
    hl_combine combine;
} hl_blocks;

enum { HL_TAG_RING = 11, HL_TAG_HALVING, HL_TAG_DIRECT, HL_TAG_PARCEL };

/* Each owner's block becomes the sum over the ranks; the rest of x is undefined on return.  Collective. */
void hl_blocks_reduce_scatter_direct(const hl_group *g, const hl_blocks *b);
void hl_blocks_reduce_scatter_ring(const hl_group *g, const hl_blocks *b);

/* All ranks get each owner's block.  Collective. */
void hl_blocks_all_gather_direct(const hl_group *g, const hl_blocks *b);
void hl_blocks_all_gather_ring(const hl_group *g, const hl_blocks *b);

/* What rank `rank` of so many sends in each; count (ranks). */
void hl_blocks_reduce_scatter_direct_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size);
void hl_blocks_reduce_scatter_ring_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size);
void hl_blocks_all_gather_direct_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size);
void hl_blocks_all_gather_ring_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size);

static inline char *hl_block_of(const hl_blocks *b, int r) { return b->x + b->at[r] * b->size; }
static inline size_t hl_block_bytes(const hl_blocks *b, int r) { return b->count[r] * b->size; }

/* ---- the direct algorithm in two halves, so that a rank can compute in between */

typedef struct {
    const hl_group *group;
    hl_blocks blocks;
    int tag;
    char *wire;           /* (ranks, my block); NULL when nothing is under way */
    MPI_Request *request; /* (2 ranks) */
} hl_parcels;

/* Post the messages of a reduce-scatter.  The arrays of blocks and all of x are borrowed until hl_parcels_end.  tag:
 * the same on all ranks; it tells sums apart that are under way together.  Collective, but no rank waits. */
void hl_parcels_reduce_scatter(hl_parcels *p, const hl_group *g, const hl_blocks *b, int tag);
/* Post the messages of an all-gather. */
void hl_parcels_all_gather(hl_parcels *p, const hl_group *g, const hl_blocks *b, int tag);

/* Have all messages arrived?  Local. */
bool hl_parcels_are_here(const hl_parcels *p);
/* Wait for the messages, and add what a reduce-scatter adds. */
void hl_parcels_end(hl_parcels *p);

#endif
