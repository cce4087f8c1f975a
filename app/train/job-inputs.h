/* job-inputs.h - can what is added to item vectors be read off the data?
 *
 * For app/train/job.c alone. */
#ifndef APP_TRAIN_JOB_INPUTS_H
#define APP_TRAIN_JOB_INPUTS_H
#include "app/train/job.h"

/* With time_embedding every time is one of the years that the tables have, else HL_EFORMAT; with id_embedding, how many
 * items nobody meets in training is said.  Collective. */
hl_status hl_job_inputs_check(const hl_job *j);

#endif
