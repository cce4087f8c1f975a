/* users.h - histories as vectors of their users, or as logits of targets. */
#ifndef MPI_EVAL_USERS_H
#define MPI_EVAL_USERS_H
#include "mpi/eval/catalogue.h"
#include "mpi/eval/scorer.h"

/* What some users have read, oldest first: the last length[i] of their items end before end[i]. */
typedef struct {
    int n;
    const int32_t **end;      /* (n) behind the last item of each, which is the target where labels are predicted */
    const int64_t **time_end; /* (n) the same of times; NULL where no model reads them */
    int *length;              /* (n) at least 1 */
} hl_histories;

/* Unit vectors (users, D), encoded on the user ranks from the item vectors of c, laid in round->arena; of 0 users on
 * ranks without item vectors.  round->odd notes users whose vectors are not finite.  Collective over all ranks of the
 * mesh. */
float *hl_users_encode(hl_engine *e, const hl_catalogue *c, hl_round *round);

/* logit (h->n), on every rank, of the item behind each history (model/label-head.h).  Collective over all ranks of the
 * mesh. */
void hl_users_label(float *logit, hl_engine *e, const hl_catalogue *c, const hl_histories *h);

#endif
