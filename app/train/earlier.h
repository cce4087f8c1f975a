/* earlier.h - the training in a run folder, as its newest checkpoint tells it before data are prepared.
 *
 * Preparation replaces a dataset that no longer fits.  So a job that would be refused after it is refused before. */
#ifndef APP_TRAIN_EARLIER_H
#define APP_TRAIN_EARLIER_H
#include "app/config/config.h"
#include "mpi/comm/group.h"

typedef struct {
    bool is_there; /* a training that c goes on with */
    uint64_t data; /* digest of the dataset that it was trained on */
} hl_earlier;

/* Find the training.  HL_EUSAGE with the list of options where the options of c would change its numbers.
 * Checkpoints that cannot be read are passed over; opening them says why.  Collective. */
hl_status hl_earlier_find(hl_earlier *e, const hl_group *world, const hl_config *c);

#endif
