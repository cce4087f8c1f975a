/* first.h - the first thing of its kind that any rank has found, and how many there are: what a sentence of all ranks
 * names. */
#ifndef MPI_FIRST_H
#define MPI_FIRST_H
#include "mpi/group.h"

typedef struct {
    int64_t number; /* the lowest of those found; HL_NOTHING: none was */
    int64_t count;  /* of all */
    double value;   /* what is there */
    int rank;       /* the lowest that found it */
} hl_first;

#define HL_NOTHING INT64_MAX

/* Nothing found, by this rank. */
hl_first hl_first_none(int rank);

/* This rank found one.  Local. */
void hl_first_note(hl_first *f, int64_t number, double value);

/* What each rank found becomes what all did, the same on every rank: was there anything?  Collective over g. */
bool hl_first_agree(hl_first *f, const hl_group *g);

#endif
