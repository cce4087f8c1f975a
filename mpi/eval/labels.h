/* labels.h - the labels of a held-out part, predicted: a logit for each of its interactions, given all before it. */
#ifndef MPI_EVAL_LABELS_H
#define MPI_EVAL_LABELS_H
#include "data/label-score.h"
#include "mpi/eval/catalogue.h"

/* history: most items that are read before a target; users: targets a round, whole job.  The same score on every rank.
 * HL_ENUMERIC, naming the first user, where a logit is not finite; HL_ESTOP where a signal asks the job to stop, looked
 * at between rounds.  Collective over all ranks of the mesh. */
hl_status hl_labels_evaluate(hl_label_score *score, hl_engine *e, const hl_catalogue *c, hl_phase phase, int history,
                             int users);

#endif
