/* reference.h - what no model is needed for: popularity and chance, as rows beside HLLM in the table. */
#ifndef MPI_REFERENCE_H
#define MPI_REFERENCE_H
#include "mpi/evaluate.h"
#include "mpi/group.h"

/* Items ranked by how often they occur in the training parts of all users; the history masked and the phase
 * and cuts as the orders say, as for HLLM.
 * Users are shared out over the group; the same score on every rank.  Collective. */
void hl_reference_popularity(hl_score *score, const hl_group *g, const hl_corpus *corpus, const hl_eval_orders *orders);

/* A random order of the items outside what is masked: the expected values. */
void hl_reference_chance(hl_score *score, const hl_group *g, const hl_corpus *corpus, const hl_eval_orders *orders);

#endif
