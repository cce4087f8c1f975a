/* clocks.h - what time it is on other machines.
 *
 * Each machine's clock (base/clock.h) begins when it likes.  The first rank asks each other rank for its time, some
 * times, and believes the answer that came back soonest: it was given between question and answer, so the middle of the
 * two is wrong by half of that time at the most (Cristian, Probabilistic clock synchronization, 1989). */
#ifndef MPI_COMM_CLOCKS_H
#define MPI_COMM_CLOCKS_H
#include "mpi/comm/group.h"

typedef struct {
    double offset; /* seconds: the clock of this rank + offset is that of the first; 0 where it may well be */
    double bound;  /* it is wrong by no more than that */
} hl_clock_offset;

/* clock: hl_seconds, on every rank that of its machine.  Collective over g; some hundred microseconds a rank. */
void hl_clocks_compare(hl_clock_offset *out, const hl_group *g, double (*clock)(void));

#endif
