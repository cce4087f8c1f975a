/* samecall.h - have all ranks of a group come to the same collective?
 *
 * A rank that calls another collective than its group waits for ever, or reads what was meant for something else.
 * In builds with HL_SAME_CALLS (./configure --enable-debug) every collective of mpi/comm/group.h begins with this look,
 * which costs one small MPI_Allgather; in other builds it costs nothing. */
#ifndef MPI_COMM_SAMECALL_H
#define MPI_COMM_SAMECALL_H
#include "base/error.h"
#include <mpi.h>
#include <stdint.h>

/* Compare the call of all ranks.  group: its name; call: its name, at most 39 letters; number: how many collectives the
 * group has had; bytes: what must be equal on all ranks, 0: nothing.  HL_EFAIL on all ranks where one differs, with a
 * sentence that names the ranks of the group and both calls.  Collective over comm, which has more than one rank. */
hl_status hl_samecall_look(MPI_Comm comm, const char *group, const char *call, uint64_t number, uint64_t bytes);

#endif
