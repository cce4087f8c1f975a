/* reference.h - popularity and chance, which need no model, as rows beside HLLM in the table. */
#ifndef MPI_REFERENCE_H
#define MPI_REFERENCE_H
#include "mpi/evaluate.h"
#include "mpi/group.h"

/* Rank items by how often they occur in the training parts of all users; mask, phase and cuts are those of the
 * orders, as for HLLM.  The ranks divide the users; the same score on every rank.  Collective. */
void hl_reference_popularity(hl_score *score, const hl_group *g, const hl_corpus *corpus, const hl_eval_orders *orders);

/* The expected score of a random order of the items outside the mask. */
void hl_reference_chance(hl_score *score, const hl_group *g, const hl_corpus *corpus, const hl_eval_orders *orders);

#endif
