/* place.c - where a job runs: machines, ranks, cores. */
#include "io/files/place.h"
#include "base/process.h"
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Cores that this process may use: what mpirun's binding has left of the machine. */
static int my_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

static int count_nodes(const hl_group *world)
{
    hl_group node;
    hl_group_split_node(&node, world);
    int64_t leaders = node.rank == 0;
    hl_group_close(&node);
    hl_group_all_reduce_int(world, &leaders, 1);
    return (int)leaders;
}

/* Libraries go on with their build; the first phrase is the version. */
void hl_place_name_mpi(char *out, size_t room)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int n;
    MPI_Get_library_version(text, &n);
    text[strcspn(text, ",\n")] = 0;
    snprintf(out, room, "%s", text);
}

hl_status hl_place_sign(hl_status s, int rank)
{
    if (s == HL_OK) return s;
    char sentence[1200];
    hl_process me;
    hl_process_find(&me);
    snprintf(sentence, sizeof sentence, "%.850s (rank %d on %s)", hl_error_text(), rank, me.host);
    hl_error_set(sentence);
    return s;
}

void hl_place_find(hl_place *p, const hl_group *world)
{
    int cores = my_cores();
    *p = (hl_place){.ranks = world->size, .nodes = count_nodes(world), .cores = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    p->cores_most = (int)hl_group_max(world, cores);
    p->cores_least = -(int)hl_group_max(world, -cores);
    hl_group_broadcast(world, &p->cores, sizeof p->cores, 0);
    hl_place_name_mpi(p->mpi, sizeof p->mpi);
}
