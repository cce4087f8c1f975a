/* train.h - train, validate each epoch, keep the best, test it at the end. */
#ifndef EXPERIMENTS_TRAIN_H
#define EXPERIMENTS_TRAIN_H
#include "experiments/job.h"
#include <jansson.h>

/* Start, or go on from the newest checkpoint of checkpoint_dir.  *result, where not NULL, gets the metrics of the test
 * on rank 0, else they are printed as a table.  HL_ESTOP where a signal stopped it, after saving.  Collective. */
hl_status hl_train(hl_job *j, json_t **result);

#endif
