/* group.c - ranks that act together.
 *
 * A sum over ranks is done the same way at every size: the array is cut into one block a rank, everyone sends
 * everyone their block (MPI_Alltoallv), the owner of a block adds the contributions by the tree of
 * base/fold.h, and the finished blocks are gathered.  2(p-1)/p of the array travels, as in a ring, and the order of the additions
 * depends on nothing but the number of ranks.  Long arrays go in pieces, so counts stay far below int. */
#include "mpi/group.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/part.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of an array that one round of a collective handles. */
static const size_t PIECE = (size_t)1 << 24;

static void end_all(int status)
{
    MPI_Abort(MPI_COMM_WORLD, status);
}

hl_status hl_group_start(hl_group *world, int *argc, char ***argv)
{
    int has_threads;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &has_threads) != MPI_SUCCESS)
        return HL_FAIL(HL_EFAIL, "MPI does not start; try mpirun -n 1 with the same command");
    world->comm = MPI_COMM_WORLD;
    MPI_Comm_rank(world->comm, &world->rank);
    MPI_Comm_size(world->comm, &world->size);
    hl_log_rank(world->rank, world->size);
    hl_end_job_with(end_all);
    return HL_OK;
}

void hl_group_stop(hl_group *world)
{
    hl_end_job_with(NULL);
    *world = (hl_group){MPI_COMM_NULL, -1, 0};
    MPI_Finalize();
}

static void take(hl_group *out, MPI_Comm comm)
{
    *out = (hl_group){comm, -1, 0};
    if (comm == MPI_COMM_NULL) return;
    MPI_Comm_rank(comm, &out->rank);
    MPI_Comm_size(comm, &out->size);
}

void hl_group_divide(hl_group *out, const hl_group *g, int which)
{
    MPI_Comm comm;
    MPI_Comm_split(g->comm, which < 0 ? MPI_UNDEFINED : which, g->rank, &comm);
    take(out, comm);
}

void hl_group_choose(hl_group *out, const hl_group *g, bool belongs)
{
    hl_group_divide(out, g, belongs ? 0 : -1);
}

void hl_group_node(hl_group *out, const hl_group *g)
{
    MPI_Comm comm;
    MPI_Comm_split_type(g->comm, MPI_COMM_TYPE_SHARED, g->rank, MPI_INFO_NULL, &comm);
    take(out, comm);
}

void hl_group_close(hl_group *g)
{
    if (g->size > 0 && g->comm != MPI_COMM_WORLD) MPI_Comm_free(&g->comm);
    *g = (hl_group){MPI_COMM_NULL, -1, 0};
}

/* The code of whoever failed lowest in rank, not the largest number: the sentence belongs to it. */
hl_status hl_group_agree(const hl_group *g, hl_status mine)
{
    int first = mine == HL_OK ? g->size : g->rank, status = (int)mine;
    MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, g->comm);
    if (first == g->size) return HL_OK;
    char sentence[1000] = "";
    if (g->rank == first) snprintf(sentence, sizeof sentence, "%s", hl_error_text());
    MPI_Bcast(&status, 1, MPI_INT, first, g->comm);
    MPI_Bcast(sentence, sizeof sentence, MPI_CHAR, first, g->comm);
    hl_error_set(sentence);
    return (hl_status)status;
}

void hl_group_wait(const hl_group *g)
{
    MPI_Barrier(g->comm);
}

void hl_group_share(const hl_group *g, void *bytes, size_t n, int from)
{
    for (size_t begin = 0; begin < n; begin += PIECE) {
        size_t count = n - begin < PIECE ? n - begin : PIECE;
        MPI_Bcast((char *)bytes + begin, (int)count, MPI_BYTE, from, g->comm);
    }
}

/* Who gets how many bytes of a piece of n elements, and where they begin. */
static void cut(int *count, int *begin, const hl_group *g, size_t n, size_t size)
{
    for (int r = 0; r < g->size; r++) {
        count[r] = (int)((size_t)hl_part_count((int64_t)n, g->size, r) * size);
        begin[r] = (int)((size_t)hl_part_begin((int64_t)n, g->size, r) * size);
    }
}

static void reduce_piece(const hl_group *g, char *x, size_t n, size_t size, hl_combine combine, char *wire, int *ints)
{
    int p = g->size, *count = ints, *begin = ints + p, *mine = ints + 2 * p, *mine_begin = ints + 3 * p;
    size_t share = (size_t)hl_part_count((int64_t)n, p, g->rank);
    cut(count, begin, g, n, size);
    for (int r = 0; r < p; r++) {
        mine[r] = (int)(share * size);
        mine_begin[r] = r * mine[r];
    }
    MPI_Alltoallv(x, count, begin, MPI_BYTE, wire, mine, mine_begin, MPI_BYTE, g->comm);
    hl_fold(wire, p, share * size, share, combine);
    MPI_Allgatherv(wire, mine[0], MPI_BYTE, x, count, begin, MPI_BYTE, g->comm);
}

void hl_group_reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    if (g->size == 1 || n == 0) return;
    size_t piece = PIECE / size ? PIECE / size : 1;
    if (piece > n) piece = n;
    char *wire = hl_alloc((piece + (size_t)g->size) * size);
    int *ints = hl_alloc(4 * sizeof *ints * (size_t)g->size);
    for (size_t begin = 0; begin < n; begin += piece)
        reduce_piece(g, (char *)x + begin * size, n - begin < piece ? n - begin : piece, size, combine, wire, ints);
    free(ints);
    free(wire);
}

static void add_doubles(void *into, const void *from, size_t n)
{
    double *y = into;
    const double *x = from;
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

void hl_group_sum(const hl_group *g, float *x, size_t n)
{
    hl_group_reduce(g, x, n, sizeof *x, hl_fold_floats);
}

void hl_group_sum_double(const hl_group *g, double *x, size_t n)
{
    hl_group_reduce(g, x, n, sizeof *x, add_doubles);
}

/* A round handles as many numbers of every block, so that all rounds fit on the wire. */
typedef struct {
    int *out_count, *out_begin, *in_count, *in_begin; /* (ranks) in numbers from the round's place in x */
    size_t step, rounds;
} block_rounds;

static block_rounds rounds_of(const hl_group *g, const size_t *begin, int *ints)
{
    int p = g->size;
    size_t longest = 0;
    for (int r = 0; r < p; r++)
        if (begin[r + 1] - begin[r] > longest) longest = begin[r + 1] - begin[r];
    block_rounds b = {ints, ints + p, ints + 2 * p, ints + 3 * p, PIECE / sizeof(float) / (size_t)p, 0};
    if (b.step > longest) b.step = longest; /* buffers are of a round's size */
    if (b.step == 0) b.step = 1;
    b.rounds = (longest + b.step - 1) / b.step;
    return b;
}

/* Numbers of block r in round k. */
static int numbers_in(const size_t *begin, int r, size_t k, size_t step)
{
    size_t size = begin[r + 1] - begin[r], gone = k * step;
    return (int)(gone >= size ? 0 : size - gone < step ? size - gone : step);
}

/* What goes out in a round lies apart in x, so it is gathered first. */
static size_t pack_round(float *out, const block_rounds *b, const hl_group *g, const float *x, const size_t *begin, size_t k)
{
    size_t at = 0;
    for (int r = 0; r < g->size; r++) {
        b->out_count[r] = numbers_in(begin, r, k, b->step);
        b->out_begin[r] = (int)at;
        memcpy(out + at, x + begin[r] + k * b->step, (size_t)b->out_count[r] * sizeof *x);
        at += (size_t)b->out_count[r];
    }
    return at;
}

void hl_group_sum_blocks(const hl_group *g, float *x, const size_t *begin)
{
    if (g->size == 1) return;
    int *ints = hl_alloc(4 * sizeof *ints * (size_t)g->size);
    block_rounds b = rounds_of(g, begin, ints);
    float *out = hl_alloc(2 * b.step * (size_t)g->size * sizeof *out), *in = out + b.step * (size_t)g->size;
    for (size_t k = 0; k < b.rounds; k++) {
        int mine = numbers_in(begin, g->rank, k, b.step);
        pack_round(out, &b, g, x, begin, k);
        for (int r = 0; r < g->size; r++) {
            b.in_count[r] = mine;
            b.in_begin[r] = r * mine;
        }
        MPI_Alltoallv(out, b.out_count, b.out_begin, MPI_FLOAT, in, b.in_count, b.in_begin, MPI_FLOAT, g->comm);
        hl_fold(in, g->size, (size_t)mine * sizeof *in, (size_t)mine, hl_fold_floats);
        memcpy(x + begin[g->rank] + k * b.step, in, (size_t)mine * sizeof *x);
    }
    free(out);
    free(ints);
}

void hl_group_gather_blocks(const hl_group *g, float *x, const size_t *begin)
{
    if (g->size == 1) return;
    int *ints = hl_alloc(4 * sizeof *ints * (size_t)g->size);
    block_rounds b = rounds_of(g, begin, ints);
    float *in = hl_alloc(b.step * (size_t)g->size * sizeof *in);
    for (size_t k = 0; k < b.rounds; k++) {
        int at = 0;
        for (int r = 0; r < g->size; at += b.in_count[r++]) {
            b.in_count[r] = numbers_in(begin, r, k, b.step);
            b.in_begin[r] = at;
        }
        MPI_Allgatherv(x + begin[g->rank] + k * b.step, b.in_count[g->rank], MPI_FLOAT, in, b.in_count, b.in_begin, MPI_FLOAT, g->comm);
        for (int r = 0; r < g->size; r++) memcpy(x + begin[r] + k * b.step, in + b.in_begin[r], (size_t)b.in_count[r] * sizeof *x);
    }
    free(in);
    free(ints);
}

/* Integers: any order gives the same bits, so MPI's own is good. */
void hl_group_sum_int(const hl_group *g, int64_t *x, size_t n)
{
    size_t piece = PIECE / sizeof *x;
    for (size_t begin = 0; begin < n; begin += piece)
        MPI_Allreduce(MPI_IN_PLACE, x + begin, (int)(n - begin < piece ? n - begin : piece), MPI_INT64_T, MPI_SUM, g->comm);
}

double hl_group_max(const hl_group *g, double x)
{
    MPI_Allreduce(MPI_IN_PLACE, &x, 1, MPI_DOUBLE, MPI_MAX, g->comm);
    return x;
}

/* Short rows in one call of MPI's. */
static void gather_short(const hl_group *g, void *all, const void *mine, const int *counts, size_t row_bytes)
{
    int *count = hl_alloc(2 * sizeof *count * (size_t)g->size), *begin = count + g->size;
    for (int r = 0, at = 0; r < g->size; at += count[r++]) {
        count[r] = counts[r] * (int)row_bytes;
        begin[r] = at;
    }
    MPI_Allgatherv(mine, count[g->rank], MPI_BYTE, all, count, begin, MPI_BYTE, g->comm);
    free(count);
}

/* Long ones by a broadcast a rank and piece: any length, any counts. */
void hl_group_gather(const hl_group *g, void *all, const void *mine, const int *counts, size_t row_bytes)
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
        hl_group_share(g, at, bytes, r);
        at += bytes;
    }
}

/* A row is one element of a type of its own, so that counts stay small. */
void hl_group_trade(const hl_group *g, void *in, const int *in_count, const int *in_begin, const void *out, const int *out_count,
                    const int *out_begin, size_t row_bytes)
{
    MPI_Datatype row;
    MPI_Type_contiguous((int)row_bytes, MPI_BYTE, &row);
    MPI_Type_commit(&row);
    MPI_Alltoallv(out, out_count, out_begin, row, in, in_count, in_begin, row, g->comm);
    MPI_Type_free(&row);
}
