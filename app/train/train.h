/* train.h - train, validate each epoch, keep the best, test it at the end. */
#ifndef APP_TRAIN_TRAIN_H
#define APP_TRAIN_TRAIN_H
#include "app/train/job.h"
#include <jansson.h>

/* Train: start, or go on from the newest checkpoint of checkpoint_dir.  result NULL: the metrics of the test are
 * printed as a table; else *result gets them on rank 0.  HL_ESTOP where a signal stopped the training, after saving.
 * Collective. */
hl_status hl_train(hl_job *j, json_t **result);

#endif
