/* group.c - who acts together: MPI from its start to its end, and groups of ranks.  What they do together is in
 * group-collectives.c. */
#include "mpi/comm/group.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/patience.h"
#include "mpi/comm/group-call.h"
#include "mpi/comm/launch.h"
#include "mpi/comm/openmpi.h"
#include "mpi/comm/samecall.h"
#include "mpi/comm/wait.h"
#include <stdlib.h>
#include <unistd.h>

static void end_all(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

/* Where ranks do not know each other, the first that the launcher has started speaks for all. */
static hl_status check_launch(hl_group *world)
{
    char sentence[300];
    const hl_status s = hl_launch_check(hl_launch_environment, world->size);
    if (s != HL_OK) world->rank = hl_launch_rank(hl_launch_environment);
    if (s == HL_OK && hl_launch_leaves_room(sentence, sizeof sentence, hl_launch_environment, world->size))
        hl_log(HL_WARN, "%s", sentence);
    return s;
}

/* Seconds that MPI may take to start; a thousand machines need minutes. */
static hl_status start_limit(double *seconds)
{
    *seconds = 600;
    return hl_patience_parse(seconds, "HLLM_START_TIMEOUT", getenv("HLLM_START_TIMEOUT"));
}

/* MPI_Init returns when all ranks are there, or never. */
static bool start_mpi(int *argc, char ***argv, int rank, double limit)
{
    const hl_patience patience = {limit, rank, "MPI has not started",
                                  "it waits for ranks that have not begun, hang or cannot be reached; look at the "
                                  "machines of the job, and at the network that MPI takes "
                                  "(a firewall, an interface that other machines do not see: "
                                  "OMPI_MCA_btl_tcp_if_include); HLLM_START_TIMEOUT=0 waits for ever"};
    int has_threads;
    hl_patience_begin(&patience);
    hl_fault_wait("group-start", rank);
    const bool is_started = MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &has_threads) == MPI_SUCCESS;
    hl_patience_end();
    return is_started;
}

hl_status hl_group_start(hl_group *world, int *argc, char ***argv)
{
    double limit;
    world->rank = hl_launch_rank(hl_launch_environment);
    HL_TRY(start_limit(&limit));
    HL_TRY(hl_launch_may_start(hl_launch_environment));
    HL_TRY(hl_openmpi_prepare());
    if (!start_mpi(argc, argv, world->rank, limit))
        return HL_FAIL(HL_EFAIL, "MPI does not start; try mpirun -n 1 with the same command");
    world->comm = MPI_COMM_WORLD;
    hl_wait_give_way(!hl_openmpi_is_here() && hl_wait_is_crowded(hl_launch_local_ranks(hl_launch_environment)));
    MPI_Comm_rank(world->comm, &world->rank);
    MPI_Comm_size(world->comm, &world->size);
    world->traffic = hl_alloc_zero(1, sizeof *world->traffic);
    hl_group_name(world, "world");
    hl_log_rank(world->rank, world->size);
    hl_fault_rank(world->rank);
    hl_error_end_job_with(end_all);
    return check_launch(world);
}

/* Without MPI a launcher stops all ranks when the first one ends with a failure: rank 0 is to say before what it is. */
enum { SECONDS_TO_SPEAK = 2 };

void hl_group_stop(hl_group *world)
{
    int is_started;
    const bool speaks = world->rank <= 0;
    hl_error_end_job_with(NULL);
    free(world->traffic);
    *world = (hl_group){.comm = MPI_COMM_NULL, .rank = -1};
    MPI_Initialized(&is_started);
    if (is_started) MPI_Finalize();
    else if (!speaks) sleep(SECONDS_TO_SPEAK);
}

void hl_group_alone(hl_group *out) { *out = (hl_group){.comm = MPI_COMM_NULL, .size = 1, .name = "alone"}; }

static const char *const points[HL_WAITS] = {
    [HL_WAITS_AGREE] = "group-agree",           [HL_WAITS_BROADCAST] = "group-broadcast",
    [HL_WAITS_REDUCE] = "group-reduce",         [HL_WAITS_ALL_GATHER] = "group-all-gather",
    [HL_WAITS_ALL_TO_ALL] = "group-all-to-all",
};

static double waits_since, waited; /* seconds */

void hl_group_enter(const hl_group *g, hl_wait what)
{
    if (points[what]) hl_fault_wait(points[what], HL_FAULT_ME);
    hl_act_wait(what, g->name, g->traffic ? ++g->traffic->calls : 0);
    waits_since = hl_seconds();
}

void hl_group_leave(void)
{
    waited += hl_seconds() - waits_since;
    hl_act_go_on();
}

double hl_group_waited(void) { return waited; }

void hl_group_come_to(const hl_group *g, hl_wait what, const char *call, size_t bytes)
{
#ifdef HL_SAME_CALLS
    if (g->size > 1 && hl_samecall_look(g->comm, g->name, call, ++g->traffic->looked, bytes) != HL_OK) {
        if (g->rank > 0) MPI_Barrier(g->comm); /* the first says it, and ends the job */
        hl_error_end_job(HL_EFAIL, hl_error_text());
    }
#endif
    (void)call;
    (void)bytes;
    hl_group_enter(g, what);
}

static void take(hl_group *out, MPI_Comm comm, const char *name)
{
    *out = (hl_group){.comm = comm, .rank = -1, .name = name};
    if (comm == MPI_COMM_NULL) return;
    out->traffic = hl_alloc_zero(1, sizeof *out->traffic);
    MPI_Comm_rank(comm, &out->rank);
    MPI_Comm_size(comm, &out->size);
}

void hl_group_split(hl_group *out, const hl_group *g, int color)
{
    MPI_Comm comm;
    *out = color < 0 ? (hl_group){.comm = MPI_COMM_NULL, .rank = -1} : *g;
    if (hl_group_is_alone(g)) return;
    hl_group_come_to(g, HL_WAITS_SPLIT, "split", 0);
    MPI_Comm_split(g->comm, color < 0 ? MPI_UNDEFINED : color, g->rank, &comm);
    hl_group_leave();
    take(out, comm, "part");
}

void hl_group_subset(hl_group *out, const hl_group *g, bool belongs) { hl_group_split(out, g, belongs ? 0 : -1); }

void hl_group_reorder(hl_group *out, const hl_group *g, int key)
{
    MPI_Comm comm;
    *out = *g;
    if (hl_group_is_alone(g)) return;
    hl_group_come_to(g, HL_WAITS_SPLIT, "reorder", 0);
    MPI_Comm_split(g->comm, 0, key, &comm);
    hl_group_leave();
    take(out, comm, g->name);
}

void hl_group_split_node(hl_group *out, const hl_group *g)
{
    MPI_Comm comm;
    *out = *g;
    if (hl_group_is_alone(g)) return;
    hl_group_come_to(g, HL_WAITS_SPLIT, "split_node", 0);
    MPI_Comm_split_type(g->comm, MPI_COMM_TYPE_SHARED, g->rank, MPI_INFO_NULL, &comm);
    hl_group_leave();
    take(out, comm, "node");
}

void hl_group_close(hl_group *g)
{
    if (g->size > 0 && g->comm != MPI_COMM_WORLD && !hl_group_is_alone(g)) {
        MPI_Comm_free(&g->comm);
        free(g->traffic);
    }
    *g = (hl_group){.comm = MPI_COMM_NULL, .rank = -1};
}
