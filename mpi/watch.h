/* watch.h - a job that hangs says who waits where, and ends.
 *
 * Each rank publishes its acts (base/acts.h) in a page that the ranks of its machine share.  A thread of the
 * machine's first rank looks at them; those of the others take over where the first is stopped.  Threads do not call
 * MPI. */
#ifndef MPI_WATCH_H
#define MPI_WATCH_H
#include "mpi/group.h"

/* Begin.  Collective over world.  Ranks that cannot have a page in common, as in containers of their own, watch each
 * for itself, with a warning. */
void hl_watch_start(const hl_group *world);

/* End the job with status 1 when no rank of this machine has moved for so many seconds; 0: never, which is so until
 * told.  A rank that is stopped by a signal while others wait is named in any case.  Local. */
void hl_watch_patience(double seconds);

/* The last thing before MPI ends.  Local; does nothing where nothing was begun. */
void hl_watch_stop(void);

#endif
