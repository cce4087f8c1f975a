/* job-labels.h - are there labels to learn from?
 *
 * For app/train/job.c alone. */
#ifndef APP_TRAIN_JOB_LABELS_H
#define APP_TRAIN_JOB_LABELS_H
#include "app/train/job.h"

/* Where labels are predicted, how many of the training's targets are positive is said, with a warning where all are
 * alike.  The windows are open.  Collective. */
void hl_job_labels_tell(const hl_job *j);

#endif
