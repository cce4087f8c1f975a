/* resume.h - how a run begins: anew, or from what its folder holds. */
#ifndef EXPERIMENTS_RESUME_H
#define EXPERIMENTS_RESUME_H
#include "experiments/run.h"

/* Tidy the folder up after kills; then go on from its newest good checkpoint, or begin anew, as the options say.
 * The state is that of the checkpoint, or the one that is in r.  HL_EUSAGE where configuration or data would change
 * the numbers.  Collective; part of hl_run_open. */
hl_status hl_resume(hl_run *r);

#endif
