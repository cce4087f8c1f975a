/* evaluation.h - evaluate a job's model. */
#ifndef APP_TRAIN_EVALUATION_H
#define APP_TRAIN_EVALUATION_H
#include "app/train/begun.h"
#include "app/train/job.h"
#include "data/label-score.h"
#include "mpi/eval/evaluate.h"
#include "mpi/eval/spectrum.h"
#include <jansson.h>

typedef struct {
    hl_phase phase;
    hl_score score;
    hl_label_score labels;                        /* zero where none are predicted */
    double seconds, encode_seconds, rank_seconds; /* of it: the catalogue; users, encoded and ranked */
    double cpu_seconds;                           /* of all ranks together */
    int64_t peak_bytes;                           /* of the rank that has held most since it started */
    int texts;
    int64_t tokens;       /* encoded, all ranks */
    hl_spectrum spectrum; /* of the item vectors; zero where there are none */
    int l2;               /* of EASE; 0: another model */
} hl_evaluation;

/* The orders that the configuration gives for an evaluation. */
hl_eval_orders hl_evaluation_orders(const hl_config *c, hl_phase phase);

/* Encode the catalogue once and rank every user of the phase; warn where the targets of many users have ties.
 * begun: the part that a stopped evaluation has left; NULL: none.  Where metrics of lists are wanted, or the ranks of
 * users (hl_job.ranks), neither of which it keeps, the evaluation begins anew.  HL_ESTOP where a signal stops this one;
 * v->score is then that of the first users.  Collective. */
hl_status hl_evaluation_run(hl_evaluation *v, hl_job *j, hl_phase phase, const hl_begun *begun);

/* Take the whole evaluation of this phase and the configured cuts from `begun`: its score alone, not how it was
 * made.  False where `begun` has none.  Local. */
bool hl_evaluation_recall(hl_evaluation *v, const hl_config *c, hl_phase phase, const hl_begun *begun);

/* The value of a metric such as "ndcg@200", or "auc"; the higher the better. */
double hl_evaluation_value(const hl_evaluation *v, const char *metric);

/* The configured metrics as JSON members "recall@10": 0.1, expected over a random order of the ties; with the target
 * first and last among its ties, the same members under "optimistic" and "pessimistic"; and the job's details. */
json_t *hl_evaluation_json(const hl_job *j, const hl_evaluation *v);

#endif
