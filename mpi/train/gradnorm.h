/* gradnorm.h - the sum of squares of the gradients that an update will use. */
#ifndef MPI_TRAIN_GRADNORM_H
#define MPI_TRAIN_GRADNORM_H
#include "mpi/train/engine.h"

/* What this rank adds to the sum over ranks; numbers that are frozen, and dLoss/d logit_scale, do not count.  Local;
 * but exact, the same bits at every layout: the whole sum on the first rank and 0 on the others, collective over all
 * ranks. */
double hl_gradnorm_squares(const hl_engine *e, bool exact);

#endif
