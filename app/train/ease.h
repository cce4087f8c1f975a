/* ease.h - EASE of a job's data: its penalty, chosen on validation, and its metrics. */
#ifndef APP_TRAIN_EASE_H
#define APP_TRAIN_EASE_H
#include "app/train/evaluation.h"

/* Fit EASE with each penalty of ease_l2.  v[HL_VALID] and v[HL_TEST]: the evaluations of the penalty with the best
 * valid_metric on validation.  A penalty so large that all scores are nearly zero does not win by ties, which are
 * worth what chance is.  ranks: those of the users
 * under that penalty, for the phases for which there is room.  Collective. */
hl_status hl_ease_evaluate(hl_evaluation v[2], const hl_job *j, hl_user_ranks ranks[2]);

#endif
