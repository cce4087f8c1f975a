/* threads.h - how many threads each rank computes with. */
#ifndef EXPERIMENTS_THREADS_H
#define EXPERIMENTS_THREADS_H
#include "mpi/group.h"

/* Set the threads of this process; wanted 0: what OMP_NUM_THREADS says, or else the processors that this rank may use,
 * shared with the other ranks of its machine that may use the same ones.  Warns where ranks are bound more tightly than
 * they need.  Returns the threads of this rank.  Collective. */
int hl_threads_set(const hl_group *world, int wanted);

#endif
