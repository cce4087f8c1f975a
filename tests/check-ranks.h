/* check-ranks.h - what the harness asks of the ranks it runs on; check-alone.c and check-mpi.c answer. */
#ifndef TESTS_CHECK_RANKS_H
#define TESTS_CHECK_RANKS_H
#include <stddef.h>

void ranks_start(int *argc, char ***argv);
void ranks_stop(void);

int ranks_me(void);
int ranks_all(void);

/* Collective: the sum over all ranks, on all ranks. */
int ranks_sum(int mine);
/* Collective: bytes of rank 0 to everyone. */
void ranks_share(void *bytes, size_t n);

#endif
