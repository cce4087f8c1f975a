/* negatives.h - which texts a rank holds against the rows of a batch. */
#ifndef MPI_TRAIN_NEGATIVES_H
#define MPI_TRAIN_NEGATIVES_H
#include "mpi/train/route.h"

/* Those of each of my slices after one another, and in a slice those of each of my groups (step/plan.h).  Without
 * groups one slice and one group. */
typedef struct {
    int slices, groups;
    const int *begin;          /* (slices groups + 1) */
    const int *row;            /* each one's row among the texts of its replica */
    const float *multiplicity; /* how often it was drawn */
    /* Of each row of the plan, those of its own that I have, by their place among mine (hl_contest); NULL: rows share
     * them. */
    const int *own_begin, *own;
} hl_negatives;

/* Mine, in the order of the plan: the ranks of a replica divide its negatives, or, where the plan has groups, so
 * many `slices` of those of each of its groups.  most: how many texts the replica has.  Laid in the arena; on the
 * item ranks that have vectors, local. */
hl_negatives hl_negatives_of(const hl_whereabouts *w, int slices, int most, hl_arena *arena);

static inline int hl_negatives_count(const hl_negatives *n) { return n->begin[n->slices * n->groups]; }

#endif
