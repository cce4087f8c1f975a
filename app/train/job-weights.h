/* job-weights.h - the weights that a job begins with, and a digest of those that it has.
 *
 * hl_job_weights_begin and hl_job_weights_freeze are for app/train/job.c alone. */
#ifndef APP_TRAIN_JOB_WEIGHTS_H
#define APP_TRAIN_JOB_WEIGHTS_H
#include "app/train/job.h"

/* Drawn, or read from the folders and the checkpoint that the configuration names; the same in all copies.
 * Collective. */
hl_status hl_job_weights_begin(hl_job *j);

/* Of all weights as they are, the same at any layout.  Collective over the job's ranks. */
uint64_t hl_job_weights_digest(const hl_job *j);

/* What is not to be trained.  Local. */
void hl_job_weights_freeze(hl_job *j);

#endif
