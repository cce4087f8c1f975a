/* threads.c - how many threads each rank computes with.
 *
 * mpirun binds a rank to one core when there are two or fewer, to a socket above: several threads of a rank then share
 * one core, or the ranks of a socket share its cores.  What counts is the mask that the rank finds itself with and how
 * many ranks of the machine have the same. */
#include "experiments/threads.h"
#include "base/arena.h"
#include "base/log.h"
#include "math/linear.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int sharers(const hl_group *node, const cpu_set_t *mine)
{
    int *one = hl_alloc((size_t)node->size * sizeof *one), same = 0;
    cpu_set_t *all = hl_alloc((size_t)node->size * sizeof *all);
    for (int r = 0; r < node->size; r++) one[r] = 1;
    hl_group_gather(node, all, mine, one, sizeof *mine);
    for (int r = 0; r < node->size; r++) {
        cpu_set_t both;
        CPU_AND(&both, &all[r], mine);
        same += CPU_COUNT(&both) > 0;
    }
    free(all);
    free(one);
    return same;
}

static void warn(int wanted, int processors, int ranks, int same)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (wanted > processors)
        hl_log(HL_WARN, "threads %d share %d processor%s; start mpirun with --bind-to none, or --map-by slot:PE=%d", wanted, processors, processors == 1 ? "" : "s", wanted);
    else if (wanted == 0 && (long)processors * ranks / same < online && ranks < online)
        hl_log(HL_WARN, "each rank is bound to %d of %ld processors and %ld stay idle; start mpirun with --bind-to none",
               processors, online, online - (long)processors * ranks / same);
}

static int named_by_environment(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    int n = text ? atoi(text) : 0;
    return n > 0 ? n : 0;
}

int hl_threads_set(const hl_group *world, int wanted)
{
    if (!wanted) wanted = named_by_environment();
    hl_group node;
    cpu_set_t mine;
    hl_group_node(&node, world);
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    int processors = CPU_COUNT(&mine), same = sharers(&node, &mine);
    int threads = wanted ? wanted : processors / same > 0 ? processors / same : 1;
    if (node.rank == 0) warn(wanted, processors, node.size, same);
    hl_math_threads(threads);
    hl_group_close(&node);
    return threads;
}
