/* launch.c - who started this process, as its environment says, and whether MPI's number of ranks fits that.
 *
 * Each launcher leaves the number of its processes in a variable.  Where several have left theirs, the innermost
 * counts: mpirun inside a job of Slurm starts its daemons by srun, so Slurm's variables are there too, and are not
 * about us. */
#include "mpi/comm/launch.h"
#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

const char *const hl_launcher_name[HL_LAUNCHERS] = {"nobody", "mpirun", "srun", "a PMI launcher"};

const char *hl_launch_environment(const char *name) { return getenv(name); }

/* -1 where there is none, or it is not a number. */
static long number(hl_look look, const char *name)
{
    const char *text = look(name);
    char *end;
    long x = text ? strtol(text, &end, 10) : -1;
    return text && end != text && !*end && x >= 0 ? x : -1;
}

/* Slurm numbers its own steps (batch script, interactive shell) from the end of 32 bits. */
static bool is_step(hl_look look)
{
    const long own = 0xfffffff0L, id = number(look, look("SLURM_STEP_ID") ? "SLURM_STEP_ID" : "SLURM_STEPID");
    return (id >= 0 && id < own) || (look("SLURM_STEP_NUM_TASKS") && id < own) || number(look, "SLURM_PROCID") > 0;
}

hl_launcher hl_launch_by(hl_look look)
{
    if (look("OMPI_COMM_WORLD_SIZE")) return HL_BY_MPIRUN;
    if (is_step(look)) return HL_BY_SRUN;
    return look("PMI_SIZE") ? HL_BY_PMI : HL_BY_NOBODY;
}

#ifdef OPEN_MPI
#define PLUGIN "pmix"
#else
#define PLUGIN "pmi2"
#endif

hl_status hl_launch_may_start(hl_look look)
{
    static const char *const found[] = {"PMIX_NAMESPACE", "PMIX_RANK", "PMI_RANK",
                                        "PMI_FD",         "PMI_PORT",  "PMI_CONTROL_PORT"};
    if (hl_launch_by(look) != HL_BY_SRUN) return HL_OK;
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        if (look(found[i])) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "srun has started %d process%s without PMIx, so that MPI cannot find the other ranks: start it with "
                   "srun --mpi=" PLUGIN " (srun --mpi=list shows what there is), or one rank with mpirun -n 1",
                   hl_launch_ranks(look), hl_launch_ranks(look) == 1 ? "" : "es");
}

/* The variable that says how many processes there are, of each launcher. */
static const char *const sizes[HL_LAUNCHERS][2] = {
    [HL_BY_MPIRUN] = {"OMPI_COMM_WORLD_SIZE"},
    [HL_BY_SRUN] = {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"},
    [HL_BY_PMI] = {"PMI_SIZE"},
};
static const char *const remedies[HL_LAUNCHERS] = {
    [HL_BY_NOBODY] = "",
    [HL_BY_MPIRUN] = "start it with the mpirun of the MPI that hllm --version names",
    [HL_BY_SRUN] = ("start it with srun --mpi=" PLUGIN),
    [HL_BY_PMI] = "start it with the mpirun of the MPI that hllm --version names",
};

/* -1: it says nothing.  *name: the variable. */
static long ranks_said(hl_look look, const char **name)
{
    const hl_launcher by = hl_launch_by(look);
    for (int i = 0; i < 2 && (*name = sizes[by][i]) != NULL; i++)
        if (number(look, *name) >= 0) return number(look, *name);
    return -1;
}

int hl_launch_ranks(hl_look look)
{
    const char *name;
    const long n = ranks_said(look, &name);
    return n > 1 && n < INT_MAX ? (int)n : 1;
}

/* MPI may have more: a step can have several parts, which the launcher counts apart. */
hl_status hl_launch_check(hl_look look, int ranks)
{
    const char *name;
    const hl_launcher by = hl_launch_by(look);
    const long wanted = ranks_said(look, &name);
    if (wanted <= ranks) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "%s has started %ld processes (%s) and MPI has %d rank%s: the processes do not know each other; %s",
                   hl_launcher_name[by], wanted, name, ranks, ranks == 1 ? "" : "s", remedies[by]);
}

bool hl_launch_leaves_room(char *sentence, size_t room, hl_look look, int ranks)
{
    const long tasks = number(look, "SLURM_NTASKS"), nodes = number(look, "SLURM_JOB_NUM_NODES") > 0
                                                                 ? number(look, "SLURM_JOB_NUM_NODES")
                                                                 : number(look, "SLURM_NNODES");
    if (ranks > 1 || hl_launch_by(look) != HL_BY_NOBODY || (tasks <= 1 && nodes <= 1)) return false;
    snprintf(sentence, room,
             "this is one rank, in an allocation of %ld node%s for %ld task%s; start it with srun --mpi=" PLUGIN
             " -K to use them all",
             nodes > 0 ? nodes : 1, nodes > 1 ? "s" : "", tasks > 0 ? tasks : 1, tasks > 1 ? "s" : "");
    return true;
}

/* "4(x2),1": so many tasks on each node; the most. */
static int most_of(const char *text)
{
    long most = 1;
    while (text && *text) {
        char *end;
        long n = strtol(text, &end, 10);
        if (end == text) break;
        most = n > most && n < INT_MAX ? n : most;
        while (*end && *end != ',') end++;
        text = *end ? end + 1 : end;
    }
    return (int)most;
}

int hl_launch_local_ranks(hl_look look)
{
    const hl_launcher by = hl_launch_by(look);
    if (by == HL_BY_MPIRUN) return most_of(look("OMPI_COMM_WORLD_LOCAL_SIZE"));
    if (by == HL_BY_SRUN)
        return most_of(look("SLURM_STEP_TASKS_PER_NODE") ? look("SLURM_STEP_TASKS_PER_NODE")
                                                         : look("SLURM_TASKS_PER_NODE"));
    return by == HL_BY_PMI ? most_of(look("MPI_LOCALNRANKS")) : 1;
}

static int place(hl_look look, const char *name)
{
    const long n = number(look, name);
    return n > 0 && n < INT_MAX ? (int)n : 0;
}

int hl_launch_rank(hl_look look)
{
    static const char *const names[HL_LAUNCHERS] = {"", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "PMI_RANK"};
    return place(look, names[hl_launch_by(look)]);
}

int hl_launch_local_rank(hl_look look)
{
    static const char *const names[HL_LAUNCHERS] = {"", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID",
                                                    "MPI_LOCALRANKID"};
    return place(look, names[hl_launch_by(look)]);
}

void hl_launch_advice(char *advice, size_t room, hl_launcher by, int threads)
{
    if (by == HL_BY_SRUN) snprintf(advice, room, "start srun with --cpus-per-task=%d --cpu-bind=cores", threads);
    else if (by == HL_BY_NOBODY) snprintf(advice, room, "start it without taskset, or with fewer threads");
    else snprintf(advice, room, "start mpirun with --bind-to none, or --map-by slot:PE=%d", threads);
}
