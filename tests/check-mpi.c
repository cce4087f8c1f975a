/* check-mpi.c - a test program of as many ranks as mpirun starts. */
#include "tests/check-mpi.h"
#include "tests/check-ranks.h"
#include <stdio.h>
#include <stdlib.h>

static hl_group world;

const hl_group *check_world(void) { return &world; }

void ranks_start(int *argc, char ***argv)
{
    if (hl_group_start(&world, argc, argv) == HL_OK) return;
    fprintf(stderr, "%s\n", hl_error_text());
    exit(EXIT_FAILURE);
}

void ranks_stop(void) { hl_group_stop(&world); }

int ranks_me(void) { return world.rank; }

int ranks_all(void) { return world.size; }

int ranks_sum(int mine)
{
    int64_t sum = mine;
    hl_group_all_reduce_int(&world, &sum, 1);
    return (int)sum;
}

void ranks_share(void *bytes, size_t n) { hl_group_broadcast(&world, bytes, n, 0); }
