/* astray.c - ranks that come to different collectives on purpose, with a group.c that looks.
 *
 * astray WHAT: a row of the table.  The job ends in it; where it does not, the status is 0. */
#include "mpi/comm/group.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void another_kind(const hl_group *g)
{
    float x[3] = {0};
    hl_group_barrier(g);
    if (g->rank == g->size - 1) hl_group_all_reduce(g, x, 3);
    else hl_group_broadcast(g, x, sizeof x, 0);
}

static void another_length(const hl_group *g)
{
    float x[3] = {0};
    hl_group_all_reduce(g, x, g->rank == 0 ? 2 : 3);
}

static void one_more(const hl_group *g)
{
    if (g->rank == 0) hl_group_barrier(g);
    hl_group_any(g, false);
}

static void nothing(const hl_group *g)
{
    float x[3] = {0};
    hl_group part;
    hl_group_split(&part, g, g->rank % 2);
    if (g->rank % 2) hl_group_all_reduce(&part, x, 3);
    else hl_group_broadcast(&part, x, sizeof x, 0);
    hl_group_barrier(g);
    hl_group_close(&part);
}

static const struct {
    const char *name;
    void (*act)(const hl_group *g);
} rows[] = {{"kind", another_kind}, {"length", another_length}, {"more", one_more}, {"nothing", nothing}};

int main(int argc, char **argv)
{
    hl_group world;
    if (argc < 2 || hl_group_start(&world, &argc, &argv) != HL_OK) return EXIT_FAILURE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, argv[1]) == 0) rows[i].act(&world);
    hl_group_stop(&world);
    return EXIT_SUCCESS;
}
