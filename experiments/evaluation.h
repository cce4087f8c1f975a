/* evaluation.h - evaluate a job's model and show the figures beside what needs no model. */
#ifndef EXPERIMENTS_EVALUATION_H
#define EXPERIMENTS_EVALUATION_H
#include "experiments/job.h"
#include "model/score.h"
#include <jansson.h>

typedef struct {
    hl_phase phase;
    hl_score score;
    double seconds, encode_seconds;
    int texts;
    int64_t tokens; /* encoded, all ranks */
} hl_evaluation;

/* Can the table be made?  Asks for the rows of reference_scores, before hours of training rather than after.  Collective. */
hl_status hl_evaluation_check(const hl_job *j);

/* Encode the catalogue once and rank every user in the phase.  Collective. */
void hl_evaluation_run(hl_evaluation *v, hl_job *j, hl_phase phase);

/* The value of a metric such as "ndcg@200"; NAN where it is unknown. */
double hl_evaluation_metric(const hl_score *s, const char *name);

/* The figures of the configured metrics as JSON members "recall@10": 0.1, pessimistic ones under "pessimistic". */
json_t *hl_evaluation_json(const hl_job *j, const hl_evaluation *v);

/* A table of the phase on standard output, rank 0: HLLM, HLLM with ties last, popularity, chance, and the rows of
 * the file `reference_scores` where one is configured; *json, where not NULL, gets the same rows.  Collective. */
hl_status hl_evaluation_table(const hl_job *j, const hl_evaluation *v, json_t **json);

#endif
