/* preflight.h - what can be known to go wrong before the data are prepared, which may take long.
 *
 * All functions are collective over world, and the same status on every rank. */
#ifndef EXPERIMENTS_PREFLIGHT_H
#define EXPERIMENTS_PREFLIGHT_H
#include "experiments/config.h"
#include "mpi/group.h"

/* Files that are named, models and stages that fit, memory that can suffice. */
hl_status hl_preflight(const hl_group *world, const hl_config *c, bool for_training);

/* The run folder: one for all ranks, where all may write, with room for a checkpoint.  HL_ESTORE.  A run that has
 * been tested, and is to go on, needs nothing of it. */
hl_status hl_preflight_folder(const hl_group *world, const hl_config *c);

/* A warning where this rank's forecast of so many bytes, with those of the other ranks of its machine, is more than
 * can be had. */
void hl_preflight_forecast(const hl_group *world, double bytes);

/* Has the disk of checkpoint_dir room for a checkpoint?  HL_ESTORE.  Local. */
hl_status hl_preflight_space(const hl_config *c);

/* Bytes that weights, gradients and moments (only weights without for_training) of both models take at the least on
 * a rank, whatever placement is taken.  Local. */
hl_status hl_preflight_bytes(double *bytes, const hl_config *c, const hl_llama *item, const hl_llama *user, int ranks,
                             int rank, bool for_training);

#endif
