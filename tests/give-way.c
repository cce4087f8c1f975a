/* give-way.c - preload: a rank of MPICH that waits inside a library gives its processor to those that it waits for.
 *
 * The waits of the program do so themselves (mpi/comm/wait.h), those inside of ScaLAPACK do not, and tests have many
 * more ranks than there are processors.  MPICH waits by asking UCX for progress again and again.  tests/run.sh compiles
 * this where mpirun is Hydra; with another transport nothing calls it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <time.h>

enum { PATIENCE = 50 };

unsigned ucp_worker_progress(void *worker);

unsigned ucp_worker_progress(void *worker)
{
    static unsigned (*progress)(void *);
    static const struct timespec nap = {0, 20000};
    static int idle;
    if (!progress) progress = (unsigned (*)(void *))dlsym(RTLD_NEXT, "ucp_worker_progress");
    const unsigned did = progress(worker);
    idle = did ? 0 : idle + 1;
    if (idle > 2 * PATIENCE) nanosleep(&nap, NULL);
    else if (idle > PATIENCE) sched_yield();
    return did;
}
