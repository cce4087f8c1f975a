/* ease-train.h - EASE as the model itself. */
#ifndef EXPERIMENTS_EASE_TRAIN_H
#define EXPERIMENTS_EASE_TRAIN_H
#include "experiments/job.h"
#include <jansson.h>

/* `hllm train` of model EASE: fit, validate and test in the run folder.  *result as in hl_train. */
hl_status hl_ease_train(hl_job *j, json_t **result);

#endif
