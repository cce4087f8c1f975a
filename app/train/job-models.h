/* job-models.h - the shapes of a job's models: those of the folders, and of the data.
 *
 * For app/train/job.c alone. */
#ifndef APP_TRAIN_JOB_MODELS_H
#define APP_TRAIN_JOB_MODELS_H
#include "app/train/job.h"

/* The shapes, before there are data, which may take long to prepare.  Refused where machines have other files, or where
 * shapes and layout do not go together.  Collective. */
hl_status hl_job_models_find(hl_job *j);

/* The shapes fit the data's tokenizer, or catalogue.  HL_EUSAGE where a text has a token that the Item LLM does not.
 * Collective. */
hl_status hl_job_models_fit(hl_job *j);

#endif
