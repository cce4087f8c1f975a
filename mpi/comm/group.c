/* group.c - ranks that act together.
 *
 * Sums over ranks are added by the tree of base/fold.h, whichever algorithm moves the numbers (mpi/comm/algorithms.h).
 * Long arrays go in pieces, so counts stay far below int. */
#include "mpi/comm/group.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/lend.h"
#include "base/log.h"
#include "base/patience.h"
#include "base/stop.h"
#include "mpi/comm/algorithms.h"
#include "mpi/comm/launch.h"
#include "mpi/comm/openmpi.h"
#include "mpi/comm/samecall.h"
#include "mpi/comm/wait.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of an array that one round of a collective handles. */
static const size_t PIECE = (size_t)1 << 24;

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

void hl_group_stop(hl_group *world)
{
    int is_started;
    hl_error_end_job_with(NULL);
    free(world->traffic);
    *world = (hl_group){.comm = MPI_COMM_NULL, .rank = -1};
    MPI_Initialized(&is_started);
    if (is_started) MPI_Finalize();
}

void hl_group_alone(hl_group *out) { *out = (hl_group){.comm = MPI_COMM_NULL, .size = 1, .name = "alone"}; }

static const char *const points[HL_WAITS] = {
    [HL_WAITS_AGREE] = "group-agree",           [HL_WAITS_BROADCAST] = "group-broadcast",
    [HL_WAITS_REDUCE] = "group-reduce",         [HL_WAITS_ALL_GATHER] = "group-all-gather",
    [HL_WAITS_ALL_TO_ALL] = "group-all-to-all",
};

void hl_group_enter(const hl_group *g, hl_wait what)
{
    if (points[what]) hl_fault_wait(points[what], HL_FAULT_ME);
    hl_act_wait(what, g->name, g->traffic ? ++g->traffic->calls : 0);
}

void hl_group_leave(void) { hl_act_go_on(); }

/* Of a process for which MPI is not started: all that it could talk to is itself. */
static bool is_alone(const hl_group *g) { return g->size == 1 && g->comm == MPI_COMM_NULL; }

/* The one place where a collective begins.  bytes: what must be the same on all ranks; 0: nothing. */
static void come_to(const hl_group *g, hl_wait what, const char *call, size_t bytes)
{
#ifdef HL_SAME_CALLS
    if (g->size > 1 && hl_samecall_look(g, call, ++g->traffic->looked, bytes) != HL_OK) {
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
    if (is_alone(g)) return;
    come_to(g, HL_WAITS_SPLIT, "split", 0);
    MPI_Comm_split(g->comm, color < 0 ? MPI_UNDEFINED : color, g->rank, &comm);
    hl_group_leave();
    take(out, comm, "part");
}

void hl_group_subset(hl_group *out, const hl_group *g, bool belongs) { hl_group_split(out, g, belongs ? 0 : -1); }

void hl_group_reorder(hl_group *out, const hl_group *g, int key)
{
    MPI_Comm comm;
    *out = *g;
    if (is_alone(g)) return;
    come_to(g, HL_WAITS_SPLIT, "reorder", 0);
    MPI_Comm_split(g->comm, 0, key, &comm);
    hl_group_leave();
    take(out, comm, g->name);
}

void hl_group_split_node(hl_group *out, const hl_group *g)
{
    MPI_Comm comm;
    *out = *g;
    if (is_alone(g)) return;
    come_to(g, HL_WAITS_SPLIT, "split_node", 0);
    MPI_Comm_split_type(g->comm, MPI_COMM_TYPE_SHARED, g->rank, MPI_INFO_NULL, &comm);
    hl_group_leave();
    take(out, comm, "node");
}

void hl_group_close(hl_group *g)
{
    if (g->size > 0 && g->comm != MPI_COMM_WORLD && !is_alone(g)) {
        MPI_Comm_free(&g->comm);
        free(g->traffic);
    }
    *g = (hl_group){.comm = MPI_COMM_NULL, .rank = -1};
}

/* The code of whoever failed lowest in rank, not the largest number: the sentence belongs to it. */
static hl_status agree(const hl_group *g, hl_status mine)
{
    int first = mine == HL_OK ? g->size : g->rank, status = (int)mine;
    HL_WAIT_FOR(MPI_Allreduce, MPI_Iallreduce, MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, g->comm);
    if (first == g->size) return HL_OK;
    char sentence[1000] = "";
    if (g->rank == first) snprintf(sentence, sizeof sentence, "%s", hl_error_text());
    HL_WAIT_FOR(MPI_Bcast, MPI_Ibcast, &status, 1, MPI_INT, first, g->comm);
    HL_WAIT_FOR(MPI_Bcast, MPI_Ibcast, sentence, sizeof sentence, MPI_CHAR, first, g->comm);
    hl_error_set(sentence);
    return (hl_status)status;
}

hl_status hl_group_agree(const hl_group *g, hl_status mine)
{
    if (is_alone(g)) return mine;
    come_to(g, HL_WAITS_AGREE, "agree", 0);
    const hl_status all = agree(g, mine);
    hl_group_leave();
    return all;
}

bool hl_group_any(const hl_group *g, bool mine)
{
    int any = mine;
    if (g->size == 1) return any;
    come_to(g, HL_WAITS_AGREE, "any", 0);
    HL_WAIT_FOR(MPI_Allreduce, MPI_Iallreduce, MPI_IN_PLACE, &any, 1, MPI_INT, MPI_LOR, g->comm);
    hl_group_leave();
    return any;
}

hl_status hl_group_may_go_on(const hl_group *g, const char *doing) { return hl_group_agree(g, hl_stop_check(doing)); }

void hl_group_barrier(const hl_group *g)
{
    if (is_alone(g)) return;
    come_to(g, HL_WAITS_AGREE, "barrier", 0);
    HL_WAIT_FOR(MPI_Barrier, MPI_Ibarrier, g->comm);
    hl_group_leave();
}

void hl_group_broadcast(const hl_group *g, void *bytes, size_t n, int from)
{
    if (is_alone(g)) return;
    come_to(g, HL_WAITS_BROADCAST, "broadcast", n);
    for (size_t begin = 0; begin < n; begin += PIECE) {
        size_t count = n - begin < PIECE ? n - begin : PIECE;
        HL_WAIT_FOR(MPI_Bcast, MPI_Ibcast, (char *)bytes + begin, (int)count, MPI_BYTE, from, g->comm);
        hl_act_tick();
    }
    hl_group_leave();
    if (g->rank == from) hl_group_count(g, n * (size_t)(g->size - 1));
}

void hl_group_all_reduce_with(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    if (g->size == 1 || n == 0) return;
    const hl_algorithm *algorithm = hl_algorithm_for(g->size, n * size, combine);
    size_t piece = PIECE / size ? PIECE / size : 1;
    come_to(g, HL_WAITS_REDUCE, "all_reduce", n * size);
    for (size_t begin = 0; begin < n; begin += piece) {
        algorithm->all_reduce(g, (char *)x + begin * size, n - begin < piece ? n - begin : piece, size, combine);
        hl_act_tick();
    }
    hl_group_leave();
}

static void add_doubles(void *into, const void *from, size_t n)
{
    double *y = into;
    const double *x = from;
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

void hl_group_all_reduce(const hl_group *g, float *x, size_t n)
{
    hl_group_all_reduce_with(g, x, n, sizeof *x, hl_fold_floats);
}

void hl_group_all_reduce_double(const hl_group *g, double *x, size_t n)
{
    hl_group_all_reduce_with(g, x, n, sizeof *x, add_doubles);
}

/* Blocks go in rounds of as many numbers of each, and all messages of a round together are a piece. */
static void go_round(const hl_group *g, float *x, const size_t *begin,
                     void (*go)(const hl_group *g, const hl_blocks *b))
{
    const size_t p = (size_t)g->size, step = PIECE / sizeof *x / p ? PIECE / sizeof *x / p : 1;
    size_t *at = hl_lend(2 * p * sizeof *at), *count = at + p;
    for (size_t gone = 0, left = 1; left; gone += step) {
        left = 0;
        for (size_t r = 0; r < p; r++) {
            const size_t n = begin[r + 1] - begin[r], rest = n > gone ? n - gone : 0;
            at[r] = begin[r] + (n - rest);
            count[r] = rest < step ? rest : step;
            left += rest - count[r];
        }
        go(g, &(hl_blocks){(char *)x, sizeof *x, at, count, hl_fold_floats});
        hl_act_tick();
    }
    hl_lend_back(at);
}

void hl_group_reduce_scatter(const hl_group *g, float *x, const size_t *begin)
{
    if (g->size == 1) return;
    come_to(g, HL_WAITS_REDUCE, "reduce_scatter", (begin[g->size] - begin[0]) * sizeof *x);
    go_round(g, x, begin, hl_algorithm_for_blocks(g->size, (begin[g->size] - begin[0]) * sizeof *x)->reduce_scatter);
    hl_group_leave();
}

void hl_group_all_gather_blocks(const hl_group *g, float *x, const size_t *begin)
{
    if (g->size == 1) return;
    come_to(g, HL_WAITS_ALL_GATHER, "all_gather_blocks", (begin[g->size] - begin[0]) * sizeof *x);
    go_round(g, x, begin, hl_algorithm_for_blocks(g->size, (begin[g->size] - begin[0]) * sizeof *x)->all_gather);
    hl_group_leave();
}

/* Integers: any order gives the same bits, so MPI's own is good. */
void hl_group_all_reduce_int(const hl_group *g, int64_t *x, size_t n)
{
    size_t piece = PIECE / sizeof *x;
    if (is_alone(g)) return;
    come_to(g, HL_WAITS_REDUCE, "all_reduce_int", n * sizeof *x);
    for (size_t begin = 0; begin < n; begin += piece)
        HL_WAIT_FOR(MPI_Allreduce, MPI_Iallreduce, MPI_IN_PLACE, x + begin,
                    (int)(n - begin < piece ? n - begin : piece), MPI_INT64_T, MPI_SUM, g->comm);
    hl_group_leave();
    hl_group_count(g, 2 * n * sizeof *x * (size_t)(g->size - 1) / (size_t)g->size);
}

double hl_group_max(const hl_group *g, double x)
{
    if (is_alone(g)) return x;
    come_to(g, HL_WAITS_AGREE, "max", 0);
    HL_WAIT_FOR(MPI_Allreduce, MPI_Iallreduce, MPI_IN_PLACE, &x, 1, MPI_DOUBLE, MPI_MAX, g->comm);
    hl_group_leave();
    return x;
}

/* Short rows in one call of MPI's.  Mine are put into their place first, where they may lie already: MPI forbids to
 * give it the same bytes as what is sent and what is received. */
static void gather_short(const hl_group *g, void *all, const void *mine, const int *counts, size_t row_bytes)
{
    int *count = hl_lend(2 * sizeof *count * (size_t)g->size), *begin = count + g->size, bytes = 0;
    for (int r = 0; r < g->size; bytes += count[r++]) {
        count[r] = counts[r] * (int)row_bytes;
        begin[r] = bytes;
    }
    if (count[g->rank]) memmove((char *)all + begin[g->rank], mine, (size_t)count[g->rank]);
    come_to(g, HL_WAITS_ALL_GATHER, "all_gather", (size_t)bytes);
    if (!is_alone(g))
        HL_WAIT_FOR(MPI_Allgatherv, MPI_Iallgatherv, MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, count, begin, MPI_BYTE,
                    g->comm);
    hl_group_leave();
    hl_group_count(g, (size_t)count[g->rank] * (size_t)(g->size - 1));
    hl_lend_back(count);
}

/* Long ones by a broadcast a rank and piece: any length, any counts. */
void hl_group_all_gather(const hl_group *g, void *all, const void *mine, const int *counts, size_t row_bytes)
{
    size_t rows = 0;
    for (int r = 0; r < g->size; r++) rows += (size_t)counts[r];
    if (rows * row_bytes <= PIECE) {
        gather_short(g, all, mine, counts, row_bytes);
        return;
    }
    char *at = all;
    for (int r = 0; r < g->size; r++) {
        size_t bytes = (size_t)counts[r] * row_bytes;
        if (r == g->rank && bytes) memmove(at, mine, bytes);
        hl_group_broadcast(g, at, bytes, r);
        at += bytes;
    }
}

/* A row is one element of a type of its own, so that counts stay small. */
void hl_group_all_to_all(const hl_group *g, void *in, const int *in_count, const int *in_begin, const void *out,
                         const int *out_count, const int *out_begin, size_t row_bytes)
{
    MPI_Datatype row;
    if (is_alone(g)) {
        memmove((char *)in + (size_t)in_begin[0] * row_bytes, (const char *)out + (size_t)out_begin[0] * row_bytes,
                (size_t)out_count[0] * row_bytes);
        return;
    }
    MPI_Type_contiguous((int)row_bytes, MPI_BYTE, &row);
    MPI_Type_commit(&row);
    come_to(g, HL_WAITS_ALL_TO_ALL, "all_to_all", row_bytes);
    HL_WAIT_FOR(MPI_Alltoallv, MPI_Ialltoallv, out, out_count, out_begin, row, in, in_count, in_begin, row, g->comm);
    hl_group_leave();
    MPI_Type_free(&row);
    for (int r = 0; r < g->size; r++)
        if (r != g->rank) hl_group_count(g, (size_t)out_count[r] * row_bytes);
}
