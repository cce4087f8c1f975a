/* branch.h - gradients as a tree of sums over groups of micro-batches.
 *
 * A rank goes through its groups one after the other, in falling order; each is summed by itself, from zero, and
 * finished sums are added as soon as the tree of base/fold.h lets them: log2 of the groups arrays at most wait at a
 * time.  What is left at the end is the sum of this rank's branch, the same bits as if other ranks had had parts of
 * it. */
#ifndef MPI_COMM_BRANCH_H
#define MPI_COMM_BRANCH_H
#include <stddef.h>

enum { HL_BRANCH_MOST = 20 };

typedef struct {
    size_t n;              /* numbers of an array */
    size_t hole, hole_end; /* numbers [hole, hole_end) are not in use, nor looked at */
    int leaf;              /* the group that is being summed; -1: none yet */
    int waiting;           /* finished sums, the last one nearest to the leaf */
    struct {
        float *sum;
        int leaf; /* one of its leaves */
    } wait[HL_BRANCH_MOST];
    int spares;
    float *spare[HL_BRANCH_MOST]; /* arrays not in use, zero */
} hl_branch;

void hl_branch_open(hl_branch *b, size_t n);
void hl_branch_close(hl_branch *b);

/* What is added from now on belongs to this group (at most the one before).  g is the array (n) that was added to so
 * far, zero at first; the result is the one to add to now.  Arrays change hands: g may be another one's. */
float *hl_branch_turn(hl_branch *b, float *g, int leaf);

/* All groups are done: the array with their sum, g or another one. */
float *hl_branch_end(hl_branch *b, float *g);

#endif
