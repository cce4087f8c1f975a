/* stops.h - how often a signal has stopped a job that got no further, in the file `stops` of its run folder.
 *
 * A job that is preempted again and again before it has made a step would be put back into the queue for ever. */
#ifndef APP_TRAIN_STOPS_H
#define APP_TRAIN_STOPS_H
#include "mpi/comm/group.h"

/* So many stops in a row are the last. */
enum { HL_STOPS_MOST = 3 };

/* How far a training has come: steps, and users that a validation or test at this step has ranked. */
typedef struct {
    int64_t step, users;
} hl_reached;

/* The status with which a training ends that came to status s, which has a sentence.  HL_ESTOP is counted; the count
 * begins anew with a stop that had come further.  The third in a row is HL_EFAIL, with advice, and the next start
 * counts anew.  HL_OK removes the count.  Other statuses pass.  Collective. */
hl_status hl_stops_count(const hl_group *world, const char *folder, hl_reached reached, hl_status s);

#endif
