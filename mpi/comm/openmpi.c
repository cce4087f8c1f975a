/* openmpi.c - what Open MPI is told before it starts.
 *
 * Messages between ranks of a machine go through a file for each rank in /dev/shm.  It is sparse: with too little
 * room a process dies later, when it touches a page; so the room is looked at before.
 *
 * A rank that waits asks for messages without pause.  Where a machine has more ranks than processors, it keeps those
 * from computing that it waits for, unless it yields; mpirun tells Open MPI so, other launchers do not. */
#include "mpi/comm/openmpi.h"
#include "base/log.h"
#include "mpi/comm/launch.h"
#include "mpi/comm/wait.h"
#include <limits.h>
#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char FOLDER[] = "OMPI_MCA_btl_vader_backing_directory";
static const char NORMAL[] = "/dev/shm";

double hl_openmpi_shared_bytes(int local_ranks)
{
    const double segment = 4.25e6; /* btl_vader_segment_size and what stands before it */
    return local_ranks > 1 ? segment * local_ranks : 0;
}

/* Where they were meant to be before another folder was taken. */
static char meant[PATH_MAX];

const char *hl_openmpi_shared_folder(void)
{
    const char *named = getenv(FOLDER);
    return meant[0] ? meant : named && *named ? named : NORMAL;
}

double hl_openmpi_room(const char *folder)
{
    struct statvfs fs;
    if (access(folder, W_OK | X_OK) != 0 || statvfs(folder, &fs) != 0 || (fs.f_flag & ST_RDONLY)) return 0;
    return (double)fs.f_bavail * (double)fs.f_frsize;
}

const char *hl_openmpi_tmp(void)
{
    static const char *const names[] = {"OMPI_MCA_orte_tmpdir_base", "TMPDIR", "TEMP", "TMP"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *named = getenv(names[i]);
        if (named && *named) return named;
    }
    return "/tmp";
}

/* Where the messages of this machine's ranks go if they do not fit. */
static void find_room(int ranks, bool speaks)
{
    const double needed = hl_openmpi_shared_bytes(ranks), has = hl_openmpi_room(hl_openmpi_shared_folder());
    const char *here = hl_openmpi_shared_folder(), *other = hl_openmpi_tmp();
    if (has >= needed) return;
    const bool fits = hl_openmpi_room(other) >= needed;
    if (speaks)
        hl_log(HL_WARN,
               "%s has %.1f MB of room and messages between the %d ranks of this machine need %.1f MB: they go through "
               "%s%s; enlarge it (docker run --shm-size), "
               "remove what killed jobs have left there, or name a local folder in %s",
               here, has / 1e6, ranks, needed / 1e6, fits ? "files in " : "sockets, slowly", fits ? other : "", FOLDER);
    snprintf(meant, sizeof meant, "%s", here);
    if (fits) setenv(FOLDER, other, 1);
    else setenv("OMPI_MCA_btl", "self,tcp", 1);
}

/* mpirun and srun have made theirs when a rank starts; a process alone starts a server of its own. */
static hl_status check_tmp(void)
{
    const double room = hl_openmpi_room(hl_openmpi_tmp());
    const bool is_needed =
        hl_launch_by(hl_launch_environment) == HL_BY_NOBODY && !getenv("OMPI_MCA_ess_singleton_isolated");
    if (!is_needed || room >= HL_OPENMPI_TMP_BYTES) return HL_OK;
    return HL_FAIL(HL_ESTORE,
                   "%s has %.1f MB of room that this process may write to, and MPI needs %.1f MB there to start: make "
                   "space, or set TMPDIR to another local folder",
                   hl_openmpi_tmp(), room / 1e6, HL_OPENMPI_TMP_BYTES / 1e6);
}

void hl_openmpi_yield(int local_ranks)
{
    if (hl_wait_is_crowded(local_ranks)) setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
}

bool hl_openmpi_is_here(void)
{
#ifdef OPEN_MPI
    return true;
#else
    return false;
#endif
}

hl_status hl_openmpi_prepare(void)
{
    if (!hl_openmpi_is_here()) return HL_OK;
    HL_TRY(check_tmp());
    const int ranks = hl_launch_local_ranks(hl_launch_environment);
    hl_openmpi_yield(ranks);
    if (ranks > 1 && !getenv("OMPI_MCA_btl")) find_room(ranks, hl_launch_local_rank(hl_launch_environment) == 0);
    return HL_OK;
}
