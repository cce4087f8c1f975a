/* spectrum.h - along how many directions the vectors of the catalogue spread.
 *
 * The eigenvalues of the mean of v v^T over all items, v being an item's unit vector; their sum is 1.  The mean is
 * taken about zero, not about the mean vector, so that a catalogue whose vectors all point one way has a first share
 * of 1. */
#ifndef MPI_EVAL_SPECTRUM_H
#define MPI_EVAL_SPECTRUM_H
#include "mpi/eval/catalogue.h"

typedef struct {
    double effective_rank; /* exp of the entropy of the eigenvalues: from 1 to the width */
    double first_share;    /* the largest eigenvalue */
} hl_spectrum;

/* Find the spectrum of vectors of width D, the same on every rank; NAN where a vector is not finite.  Every rank
 * holds a D x D matrix of doubles in scratch for a while.  Collective over g, to which all ranks with a shard of the
 * catalogue belong. */
void hl_spectrum_find(hl_spectrum *s, const hl_group *g, const hl_catalogue *c, int D, hl_arena *scratch);

#endif
