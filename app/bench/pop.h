/* pop.h - parallel efficiency, as the POP project multiplies it.
 *
 * Useful is what a rank does not wait for others.  Load balance is the mean useful seconds of a rank by the most,
 * communication efficiency the most by the time that all take: their product is the parallel efficiency, the mean by
 * the time that all take. */
#ifndef APP_BENCH_POP_H
#define APP_BENCH_POP_H
#include "mpi/train/tally.h"
#include <jansson.h>

/* Put load_balance, communication_efficiency, parallel_efficiency and useful_most_rank into the object, of the useful
 * seconds of the ranks in the time that they took. */
void hl_pop_tell(json_t *result, const hl_fact *useful, double took, int ranks);

#endif
