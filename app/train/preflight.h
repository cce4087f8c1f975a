/* preflight.h - find what can go wrong before the data are prepared, which may take long.
 *
 * Functions are collective over world, with the same status on every rank, unless they say "local". */
#ifndef APP_TRAIN_PREFLIGHT_H
#define APP_TRAIN_PREFLIGHT_H
#include "app/config/config.h"
#include "mpi/comm/group.h"

/* Do the files exist that the configuration names, do models and stages fit, and can memory suffice? */
hl_status hl_preflight(const hl_group *world, const hl_config *c, bool for_training);

/* Is the run folder one for all ranks, where all may write, with room for a checkpoint?  HL_ESTORE.  A finished run
 * whose test is to be shown needs none of it. */
hl_status hl_preflight_folder(const hl_group *world, const hl_config *c);

/* Bytes that each rank of a machine can have: what its control group allows and what is available, over its ranks, and
 * what it has already (HL_FORECAST_PROCESS); of all machines the least, the same on every rank.  0: no system says. */
double hl_preflight_room(const hl_group *world);

/* Warn where the forecast bytes of the ranks of a machine are more than can be had; `bytes` is this rank's forecast. */
void hl_preflight_forecast(const hl_group *world, double bytes);

/* Has the disk of checkpoint_dir room for a checkpoint?  HL_ESTORE.  Local. */
hl_status hl_preflight_space(const hl_config *c);

#endif
