/* openmpi.h - what Open MPI is told before it starts, so that the machine's shared memory does not decide over a
 * job. */
#ifndef MPI_OPENMPI_H
#define MPI_OPENMPI_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* Set variables OMPI_MCA_... of this process where the user has not.  Local; before MPI starts.  Warns on the first
 * rank of a machine where /dev/shm has no room for the messages between its ranks.  HL_ESTORE where a process
 * without a launcher finds no room for the files that MPI needs to start. */
hl_status hl_openmpi_prepare(void);

/* Whether this program was built with Open MPI: others have other ways. */
bool hl_openmpi_is_here(void);

/* Let waiting ranks yield their processor where so many ranks of this machine have fewer processors, unless the user
 * has said whether they are to (OMPI_MCA_mpi_yield_when_idle). */
void hl_openmpi_yield(int local_ranks);

/* The folder of these files, and the bytes that they take. */
const char *hl_openmpi_tmp(void);
enum { HL_OPENMPI_TMP_BYTES = 6000000 };

/* Bytes that messages between so many ranks of a machine take there, and the folder where they are meant to be,
 * which may have too little room. */
double hl_openmpi_shared_bytes(int local_ranks);
const char *hl_openmpi_shared_folder(void);

/* Bytes that are free in a folder that this process may write to; 0 where it may not. */
double hl_openmpi_room(const char *folder);

#endif
