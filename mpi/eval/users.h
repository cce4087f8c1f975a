/* users.h - the users of a round as vectors, on every rank that has item vectors. */
#ifndef MPI_EVAL_USERS_H
#define MPI_EVAL_USERS_H
#include "mpi/eval/catalogue.h"
#include "mpi/eval/scorer.h"

/* Unit vectors (users, D), encoded on the user ranks from the item vectors of c, laid in round->arena; of 0 users on
 * ranks without item vectors.  round->odd notes users whose vectors are not finite.  Collective over all ranks of the
 * mesh. */
float *hl_users_encode(hl_engine *e, const hl_catalogue *c, hl_round *round);

#endif
