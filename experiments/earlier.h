/* earlier.h - the training that a run folder holds, as its newest checkpoint tells it before data are prepared.
 *
 * Preparation replaces a dataset that no longer fits, so what would be refused after it is refused before. */
#ifndef EXPERIMENTS_EARLIER_H
#define EXPERIMENTS_EARLIER_H
#include "experiments/config.h"
#include "mpi/group.h"

typedef struct {
    bool is_there; /* a training that c goes on with */
    uint64_t data; /* digest of the dataset that it was trained on */
} hl_earlier;

/* HL_EUSAGE with the list of options where c's would change its numbers.  Checkpoints that cannot be read are passed
 * over: who opens them says so.  Collective. */
hl_status hl_earlier_find(hl_earlier *e, const hl_group *world, const hl_config *c);

#endif
