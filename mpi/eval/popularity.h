/* popularity.h - how often an item occurs in the training parts of all users. */
#ifndef MPI_EVAL_POPULARITY_H
#define MPI_EVAL_POPULARITY_H
#include "data/corpus.h"
#include "mpi/comm/group.h"

/* times (items of the corpus): the same on every rank of g.  Each counts its part of the users.  Collective over g. */
void hl_popularity_count(int64_t *times, const hl_group *g, const hl_corpus *corpus);

#endif
