/* wait.h - waiting for messages without keeping the processor from those that are to send them.
 *
 * MPI asks for messages without pause.  Where a machine has more ranks than processors, a rank that asks keeps from
 * computing the rank that it waits for, until the system takes its processor away.  Open MPI yields where it is told
 * to (mpi/openmpi.h); of others the waits here do, and sleep for some microseconds where they are long. */
#ifndef MPI_WAIT_H
#define MPI_WAIT_H
#include <mpi.h>
#include <stdbool.h>

/* Have so many ranks of this machine fewer processors: as many as the launcher may run on, and no more than the
 * control group allows?  Local. */
bool hl_wait_is_crowded(int local_ranks);

/* Whether waits give way from now on; not before this is called.  Local. */
void hl_wait_give_way(bool gives_way);
bool hl_wait_gives_way(void);

/* MPI_Waitall without statuses; null requests are done.  Local. */
void hl_wait_all(int n, MPI_Request *requests);

/* A call of MPI's that waits: as it is, or begun (its twin that begins only) and waited for.  The arguments are of
 * both. */
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
