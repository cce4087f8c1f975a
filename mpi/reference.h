/* reference.h - what no model is needed for: popularity and chance, as rows beside HLLM in the table. */
#ifndef MPI_REFERENCE_H
#define MPI_REFERENCE_H
#include "model/targets.h"
#include "mpi/group.h"

/* Items ranked by how often they occur in the training parts of all users; history masked, as for HLLM.
 * Users are shared out over the group; the same score on every rank.  Collective. */
void hl_score_popularity(hl_score *score, const hl_group *g, const hl_corpus *corpus, hl_phase phase, const int *cut, int cuts);

/* A random order of the items outside the history: the expected values. */
void hl_score_chance(hl_score *score, const hl_group *g, const hl_corpus *corpus, hl_phase phase, const int *cut, int cuts);

#endif
