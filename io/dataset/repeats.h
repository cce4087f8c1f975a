/* repeats.h - how many of the rows of all ranks are there more than once. */
#ifndef IO_DATASET_REPEATS_H
#define IO_DATASET_REPEATS_H
#include "mpi/comm/group.h"
#include <stdint.h>

/* Of the digests (n) of the rows of every rank: how many equal another one that is counted already.  Each digest is
 * compared by the rank that it names, so the memory is that of the digests.  Collective. */
int64_t hl_repeats_count(const hl_group *g, const uint64_t *digest, int64_t n);

#endif
