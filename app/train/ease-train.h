/* ease-train.h - EASE as the model itself. */
#ifndef APP_TRAIN_EASE_TRAIN_H
#define APP_TRAIN_EASE_TRAIN_H
#include "app/train/job.h"
#include <jansson.h>

/* `hllm train` of model EASE: fit, validate and test in the run folder.  *result as in hl_train. */
hl_status hl_ease_train(hl_job *j, json_t **result);

#endif
