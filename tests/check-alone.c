/* check-alone.c - a test program of one process, without MPI. */
#include "tests/check-ranks.h"

void ranks_start(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
}

void ranks_stop(void) {}

int ranks_me(void) { return 0; }

int ranks_all(void) { return 1; }

int ranks_sum(int mine) { return mine; }

void ranks_share(void *bytes, size_t n)
{
    (void)bytes;
    (void)n;
}
