/* group-call.h - how a collective of a group begins.  For mpi/comm/group*.c alone. */
#ifndef MPI_COMM_GROUP_CALL_H
#define MPI_COMM_GROUP_CALL_H
#include "mpi/comm/group.h"

/* Of a process for which MPI is not started: all that it could talk to is itself.  Local. */
static inline bool hl_group_is_alone(const hl_group *g) { return g->size == 1 && g->comm == MPI_COMM_NULL; }

/* The one place where a collective begins; hl_group_leave ends it.  call: its name; bytes: what must be the same on all
 * ranks, 0: nothing (mpi/comm/samecall.h). */
void hl_group_come_to(const hl_group *g, hl_wait what, const char *call, size_t bytes);

#endif
