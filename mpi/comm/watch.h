/* watch.h - a job that hangs says which rank waits where, and ends.
 *
 * Each rank publishes its acts (base/acts.h) in a page that the ranks of its machine share.  A thread of the
 * machine's first rank looks at the page; a thread of another rank takes over where the first rank is stopped.
 * These threads do not call MPI. */
#ifndef MPI_COMM_WATCH_H
#define MPI_COMM_WATCH_H
#include "mpi/comm/group.h"

/* Begin to watch.  Ranks without a common page, as in containers of their own, watch each for itself, with a
 * warning.  Collective over world. */
void hl_watch_start(const hl_group *world);

/* End the job with status 1 when no rank of this machine has moved for so many seconds; 0, as at first: never.  A
 * rank that a signal has stopped while others wait is named in any case.  Local. */
void hl_watch_patience(double seconds);

/* Stop watching, just before MPI ends; nothing happens where hl_watch_start was not called.  Local. */
void hl_watch_stop(void);

#endif
