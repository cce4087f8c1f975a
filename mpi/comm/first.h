/* first.h - the first thing of its kind that any rank has found, and how many were found: what a sentence of all
 * ranks names. */
#ifndef MPI_COMM_FIRST_H
#define MPI_COMM_FIRST_H
#include "mpi/comm/group.h"

typedef struct {
    int64_t number; /* the lowest number found; HL_NOTHING: nothing was */
    int64_t count;  /* how many were found */
    double value;   /* the value at `number` */
    int rank;       /* the lowest rank that found `number` */
} hl_first;

#define HL_NOTHING INT64_MAX

/* Nothing found so far, by this rank. */
hl_first hl_first_none(int rank);

/* Note that this rank has found `number`.  Local. */
void hl_first_note(hl_first *f, int64_t number, double value);

/* f becomes the first of all ranks' findings, the same on every rank; false where no rank found anything.
 * Collective over g. */
bool hl_first_agree(hl_first *f, const hl_group *g);

#endif
