/* evaluate.h - every user's target ranked against the whole catalogue, whoever scores it.
 *
 * Users come in rounds; ranks count, for each, the items that score above the target and those that tie with it.  No
 * matrix of users x items exists.  Items of the user's history are left out as the orders' mask says. */
#ifndef MPI_EVAL_EVALUATE_H
#define MPI_EVAL_EVALUATE_H
#include "data/mask.h"
#include "mpi/eval/scorer.h"

typedef struct {
    hl_phase phase;
    int history;  /* most items of the history that a model reads */
    hl_mask mask; /* what of the history is left out; a target in it is a miss */
    int users;    /* users a round, whole job */
    float margin; /* scores so near the target's count as ties, beyond the scorer's margin; 0: equal ones only */
    int cuts, cut[HL_CUTS];
    bool lists; /* the metrics of lists are wanted too, which take a second look at all scores; begun: NULL then */
    const hl_score *begun; /* what an evaluation of the same orders had when it was stopped; NULL: none */
    /* (users of the corpus) filled on every rank, for users with a target; NULL: not wanted.  The same on all ranks
     * whether they are. */
    int64_t *rank, *ties;
} hl_eval_orders;

/* The same score on every rank.  HL_ENUMERIC, naming the first user, where one cannot be scored or the score of its
 * target is not finite; whatever is compared with NaN is a miss.  HL_ESTOP where a signal asks the job to stop, looked
 * at between rounds: *score is then that of the first score->users targets.  Collective over the scorer's world. */
hl_status hl_evaluate(hl_score *score, hl_scorer *s, const hl_eval_orders *orders);

#endif
