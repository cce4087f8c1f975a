/* openmpi.h - settings for Open MPI before it starts, so that a job does not depend on the machine's shared memory. */
#ifndef MPI_COMM_OPENMPI_H
#define MPI_COMM_OPENMPI_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* Set variables OMPI_MCA_... of this process where the user has not.  Local; called before MPI starts.  Warns on the
 * first rank of a machine where /dev/shm has no room for the messages between its ranks.  HL_ESTORE where a process
 * without a launcher finds no room for the files that MPI needs to start. */
hl_status hl_openmpi_prepare(void);

/* Was this program built with Open MPI? */
bool hl_openmpi_is_here(void);

/* Let waiting ranks yield their processor where so many ranks of this machine have fewer processors.
 * OMPI_MCA_mpi_yield_when_idle, where the user has set it, comes first. */
void hl_openmpi_yield(int local_ranks);

/* The folder of the files that MPI needs to start, and the bytes that they take. */
const char *hl_openmpi_tmp(void);
enum { HL_OPENMPI_TMP_BYTES = 6000000 };

/* The bytes that messages between so many ranks of a machine take in shared memory, and the folder for them, which
 * may have too little room. */
double hl_openmpi_shared_bytes(int local_ranks);
const char *hl_openmpi_shared_folder(void);

/* Bytes that are free in a folder that this process may write to; 0 where it may not. */
double hl_openmpi_room(const char *folder);

#endif
