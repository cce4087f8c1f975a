/* launch.h - who started this process, as its environment says, and whether MPI's number of ranks fits that.
 *
 * A launcher that does not find its MPI starts N jobs of one rank each, which all write into one folder.  All
 * functions are local.  They see the environment only through `look`, which is hl_launch_environment except in
 * tests. */
#ifndef MPI_COMM_LAUNCH_H
#define MPI_COMM_LAUNCH_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* The value of a variable; NULL where it is not set. */
typedef const char *(*hl_look)(const char *name);
const char *hl_launch_environment(const char *name);

typedef enum { HL_BY_NOBODY, HL_BY_MPIRUN, HL_BY_SRUN, HL_BY_PMI, HL_LAUNCHERS } hl_launcher;
extern const char *const hl_launcher_name[HL_LAUNCHERS];
hl_launcher hl_launch_by(hl_look look);

/* Before MPI starts: HL_EUSAGE where srun has started this process without what MPI needs to find the others. */
hl_status hl_launch_may_start(hl_look look);

/* After MPI has started: HL_EUSAGE where the launcher says another number of processes than MPI. */
hl_status hl_launch_check(hl_look look, int ranks);

/* Is this a job of one rank in an allocation that has room for more?  Then `sentence` says so. */
bool hl_launch_leaves_room(char *sentence, size_t room, hl_look look, int ranks);

/* Processes that the launcher says it has started; 1 where it says nothing. */
int hl_launch_ranks(hl_look look);

/* As the launcher says: this process's number (else 0), the ranks on this machine (else 1), and this process's place
 * among them (else 0). */
int hl_launch_rank(hl_look look);
int hl_launch_local_ranks(hl_look look);
int hl_launch_local_rank(hl_look look);

/* What to tell the launcher so that each rank has `threads` cores of its own, as "start mpirun with ...". */
void hl_launch_advice(char *advice, size_t room, hl_launcher by, int threads);

#endif
