/* job-layout.h - which rank of a job holds what: placement, mesh, and the forecast of a step.
 *
 * For app/train/job.c alone. */
#ifndef APP_TRAIN_JOB_LAYOUT_H
#define APP_TRAIN_JOB_LAYOUT_H
#include "app/train/job.h"

/* Is the layout possible on so many ranks?  Asked before data are prepared.  HL_EUSAGE.  Local. */
hl_status hl_job_layout_check(const hl_job *j);

/* Choose the placement, forecast a step, say what activations are saved, and open the mesh.  A training that cannot fit
 * is refused, with what does, unless --force: HL_EUSAGE.  Collective. */
hl_status hl_job_layout_open(hl_job *j, bool for_training);

/* EASE has neither models nor weights.  Local. */
void hl_job_layout_ease(hl_job *j);

#endif
