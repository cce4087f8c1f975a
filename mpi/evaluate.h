/* evaluate.h - every user's target ranked against the whole catalogue.
 *
 * The catalogue's vectors lie in shares on the item ranks where they came out; users come in rounds, encoded on the
 * user ranks, and their vectors travel to the shares, which count scores above the target's in tiles.  No matrix of
 * users x items exists.  The score is the cosine; items of the user's history are left out as the orders' mask says. */
#ifndef MPI_EVALUATE_H
#define MPI_EVALUATE_H
#include "model/mask.h"
#include "model/targets.h"
#include "mpi/catalogue.h"
#include "mpi/engine.h"

typedef struct {
    hl_phase phase;
    int history;  /* most items of the history that the User LLM reads */
    hl_mask mask; /* what of the history is left out; a target in it is a miss */
    int users;    /* users a round, whole job */
    float margin; /* scores so near the target's count as ties; 0: equal ones only */
    int cuts, cut[HL_CUTS];
    const hl_score *begun; /* what an evaluation of the same orders had when it was stopped; NULL: none */
    int64_t *rank,
        *ties; /* (users of the corpus) filled on ranks that have item vectors, for users with a target; NULL:
                           * not wanted */
} hl_eval_orders;

/* The same score on every rank; hl_catalogue_check has passed c.  HL_ENUMERIC, naming the first user, where the vector
 * of one is not finite; whatever is compared with NaN is a miss.  HL_ESTOP where a signal asks the job to stop,
 * looked at between rounds: *score is then that of the first score->users targets.  Collective over all ranks of the
 * mesh. */
hl_status hl_evaluate(hl_score *score, hl_engine *e, const hl_catalogue *c, const hl_eval_orders *orders);

#endif
