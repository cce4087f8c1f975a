/* place.h - where a job runs: machines, ranks, cores. */
#ifndef IO_FILES_PLACE_H
#define IO_FILES_PLACE_H
#include "mpi/comm/group.h"

typedef struct {
    int ranks, nodes;
    int cores, cores_least, cores_most; /* of rank 0's machine; that a rank may use, over all ranks */
    char mpi[80];                       /* library and version, "Open MPI v4.1.4" */
} hl_place;

/* "Open MPI v4.1.4".  Local; MPI need not be started. */
void hl_place_name_mpi(char *out, size_t room);

/* Add who failed to the sentence of a failure: " (rank 1 on node7)".  HL_OK passes.  Local. */
hl_status hl_place_sign(hl_status s, int rank);

/* Find the place of the job.  Collective over world; the same on every rank. */
void hl_place_find(hl_place *p, const hl_group *world);

#endif
