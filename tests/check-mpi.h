/* check-mpi.h - what a test of several ranks has beside tests/check.h. */
#ifndef TESTS_CHECK_MPI_H
#define TESTS_CHECK_MPI_H
#include "mpi/comm/group.h"

/* All ranks of the test program. */
const hl_group *check_world(void);

#endif
