/* spectrum.h - along how many directions the vectors of the catalogue spread.
 *
 * The eigenvalues, with sum 1, of the mean of v v^T over all items, v being an item's unit vector: about zero and
 * not about the mean vector, so that a catalogue whose vectors all point one way shows as a first share of 1. */
#ifndef MPI_SPECTRUM_H
#define MPI_SPECTRUM_H
#include "mpi/catalogue.h"

typedef struct {
    double effective_rank; /* exp of the entropy of the eigenvalues: from 1 to the width */
    double first_share;    /* the largest eigenvalue */
} hl_spectrum;

/* Of vectors of D numbers, the same on every rank; NAN where one is not finite.  Every rank holds a D x D matrix of
 * doubles for a while, in scratch.  Collective over g, to which all ranks with a share of the catalogue belong. */
void hl_spectrum_find(hl_spectrum *s, const hl_group *g, const hl_catalogue *c, int D, hl_arena *scratch);

#endif
