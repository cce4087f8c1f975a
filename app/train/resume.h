/* resume.h - how a run begins: anew, or from what its folder holds. */
#ifndef APP_TRAIN_RESUME_H
#define APP_TRAIN_RESUME_H
#include "app/train/run.h"

/* Remove what kills have left in the folder; then go on from its newest good checkpoint, or begin anew, as the
 * options say.  r->state: that of the checkpoint, or unchanged.  HL_EUSAGE where configuration or data would change
 * the numbers.  Collective; part of hl_run_open. */
hl_status hl_resume(hl_run *r);

/* With resume false, before item vectors are made for the run (item_cache auto): the run that is in the folder moves
 * aside, and its item vectors with it.  goes_on: it stays, since this very batch job has made it and was started
 * again.  Collective. */
hl_status hl_resume_make_room(bool *goes_on, const hl_group *world, const hl_config *c);

#endif
