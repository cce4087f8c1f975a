/* wait.c - waiting that gives way. */
#include "mpi/comm/wait.h"
#include "base/limits.h"
#include "base/minmax.h"
#include <sched.h>
#include <time.h>
#include <unistd.h>

static bool gives_way;

/* Of this machine, for all its ranks: a rank may be bound to one of many. */
static double processors(void)
{
    cpu_set_t set;
    hl_cgroup group;
    hl_cgroup_find(&group, hl_limits_root());
    const int n =
        sched_getaffinity(getppid(), sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return hl_min(group.cpus, n);
}

bool hl_wait_is_crowded(int local_ranks) { return local_ranks > processors(); }

void hl_wait_give_way(bool it_does) { gives_way = it_does; }

bool hl_wait_gives_way(void) { return gives_way; }

/* Those that wait for long leave the processors to everybody else. */
static void give_way(int looks)
{
    enum { PATIENCE = 100 };
    static const struct timespec nap = {0, 20000};
    if (looks < PATIENCE) sched_yield();
    else nanosleep(&nap, NULL);
}

void hl_wait_all(int n, MPI_Request *requests)
{
    int done = 0, looks = 0;
    if (!gives_way) {
        MPI_Waitall(n, requests, MPI_STATUSES_IGNORE);
        return;
    }
    while (MPI_Testall(n, requests, &done, MPI_STATUSES_IGNORE) == MPI_SUCCESS && !done) give_way(++looks);
}
