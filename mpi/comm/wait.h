/* wait.h - wait for messages without keeping the processor from the ranks that are to send them.
 *
 * MPI asks for messages without pause.  Where a machine has more ranks than processors, a rank that asks may hold
 * the processor of the rank that it waits for, until the system takes it away.  Open MPI yields where it is told to
 * (mpi/comm/openmpi.h).  For other MPIs the waits of this header yield, and sleep for some microseconds where a wait is
 * long. */
#ifndef MPI_COMM_WAIT_H
#define MPI_COMM_WAIT_H
#include <mpi.h>
#include <stdbool.h>

/* Have so many ranks of this machine fewer processors than ranks?  Counted are the processors that the launcher may
 * run on, at most as many as the control group allows.  Local. */
bool hl_wait_is_crowded(int local_ranks);

/* Let waits give way from now on, or not; at first they do not.  Local. */
void hl_wait_give_way(bool gives_way);
bool hl_wait_gives_way(void);

/* MPI_Waitall without statuses; null requests count as done.  Local. */
void hl_wait_all(int n, MPI_Request *requests);

/* Do `call`, a function of MPI that waits; or, where waits give way, `begin`, its twin that does not, and
 * hl_wait_all.  Both take the arguments. */
#define HL_WAIT_FOR(call, begin, ...)                \
    do {                                             \
        if (!hl_wait_gives_way()) call(__VA_ARGS__); \
        else {                                       \
            MPI_Request begun_;                      \
            begin(__VA_ARGS__, &begun_);             \
            hl_wait_all(1, &begun_);                 \
        }                                            \
    } while (0)

#endif
