/* group-collectives.c - what the ranks of a group do together.
 *
 * Sums over ranks are added by the tree of base/fold.h, whichever algorithm moves the numbers (mpi/comm/algorithms.h).
 * Long arrays go in pieces, so counts stay far below int. */
#include "base/lend.h"
#include "base/minmax.h"
#include "base/stop.h"
#include "mpi/comm/algorithms.h"
#include "mpi/comm/group-call.h"
#include "mpi/comm/group.h"
#include "mpi/comm/wait.h"
#include <stdio.h>
#include <string.h>

/* Bytes of an array that one round of a collective handles. */
enum { PIECE = 1 << 24 };
static size_t piece_of_sums = PIECE;

void hl_group_pieces(size_t bytes) { piece_of_sums = bytes ? bytes : PIECE; }

size_t hl_group_piece(void) { return piece_of_sums; }

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
    if (hl_group_is_alone(g)) return mine;
    hl_group_come_to(g, HL_WAITS_AGREE, "agree", 0);
    const hl_status all = agree(g, mine);
    hl_group_leave();
    return all;
}

bool hl_group_any(const hl_group *g, bool mine)
{
    int any = mine;
    if (g->size == 1) return any;
    hl_group_come_to(g, HL_WAITS_AGREE, "any", 0);
    HL_WAIT_FOR(MPI_Allreduce, MPI_Iallreduce, MPI_IN_PLACE, &any, 1, MPI_INT, MPI_LOR, g->comm);
    hl_group_leave();
    return any;
}

hl_status hl_group_may_go_on(const hl_group *g, const char *doing) { return hl_group_agree(g, hl_stop_check(doing)); }

void hl_group_barrier(const hl_group *g)
{
    if (hl_group_is_alone(g)) return;
    hl_group_come_to(g, HL_WAITS_AGREE, "barrier", 0);
    HL_WAIT_FOR(MPI_Barrier, MPI_Ibarrier, g->comm);
    hl_group_leave();
}

void hl_group_broadcast(const hl_group *g, void *bytes, size_t n, int from)
{
    if (hl_group_is_alone(g)) return;
    hl_group_come_to(g, HL_WAITS_BROADCAST, "broadcast", n);
    for (size_t begin = 0; begin < n; begin += PIECE) {
        size_t count = n - begin < PIECE ? n - begin : PIECE;
        HL_WAIT_FOR(MPI_Bcast, MPI_Ibcast, (char *)bytes + begin, (int)count, MPI_BYTE, from, g->comm);
        hl_act_tick();
    }
    hl_group_leave();
    if (g->rank == from && n) hl_group_count(g, n * (size_t)(g->size - 1), g->size - 1);
}

void hl_group_all_reduce_with(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    if (g->size == 1 || n == 0) return;
    const hl_algorithm *algorithm = hl_algorithm_for(g->size, n * size, combine);
    size_t piece = piece_of_sums / size ? piece_of_sums / size : 1;
    hl_group_come_to(g, HL_WAITS_REDUCE, "all_reduce", n * size);
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
    const size_t p = (size_t)g->size, step = piece_of_sums / sizeof *x / p ? piece_of_sums / sizeof *x / p : 1;
    size_t *at = hl_lend(2 * p * sizeof *at), *count = at + p;
    for (size_t gone = 0, left = 1; left; gone += step) {
        left = 0;
        for (size_t r = 0; r < p; r++) {
            const size_t n = begin[r + 1] - begin[r], rest = n > gone ? n - gone : 0;
            at[r] = begin[r] + (n - rest);
            count[r] = hl_min(rest, step);
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
    hl_group_come_to(g, HL_WAITS_REDUCE, "reduce_scatter", (begin[g->size] - begin[0]) * sizeof *x);
    go_round(g, x, begin, hl_algorithm_for_blocks(g->size, (begin[g->size] - begin[0]) * sizeof *x)->reduce_scatter);
    hl_group_leave();
}

void hl_group_all_gather_blocks(const hl_group *g, float *x, const size_t *begin)
{
    if (g->size == 1) return;
    hl_group_come_to(g, HL_WAITS_ALL_GATHER, "all_gather_blocks", (begin[g->size] - begin[0]) * sizeof *x);
    go_round(g, x, begin, hl_algorithm_for_blocks(g->size, (begin[g->size] - begin[0]) * sizeof *x)->all_gather);
    hl_group_leave();
}

/* Integers: any order gives the same bits, so MPI's own is good. */
void hl_group_all_reduce_int(const hl_group *g, int64_t *x, size_t n)
{
    size_t piece = PIECE / sizeof *x;
    if (hl_group_is_alone(g)) return;
    hl_group_come_to(g, HL_WAITS_REDUCE, "all_reduce_int", n * sizeof *x);
    for (size_t begin = 0; begin < n; begin += piece)
        HL_WAIT_FOR(MPI_Allreduce, MPI_Iallreduce, MPI_IN_PLACE, x + begin,
                    (int)(n - begin < piece ? n - begin : piece), MPI_INT64_T, MPI_SUM, g->comm);
    hl_group_leave();
    hl_group_count(g, 2 * n * sizeof *x * (size_t)(g->size - 1) / (size_t)g->size, 2 * (g->size - 1));
}

double hl_group_max(const hl_group *g, double x)
{
    if (hl_group_is_alone(g)) return x;
    hl_group_come_to(g, HL_WAITS_AGREE, "max", 0);
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
    hl_group_come_to(g, HL_WAITS_ALL_GATHER, "all_gather", (size_t)bytes);
    if (!hl_group_is_alone(g))
        HL_WAIT_FOR(MPI_Allgatherv, MPI_Iallgatherv, MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, count, begin, MPI_BYTE,
                    g->comm);
    hl_group_leave();
    hl_group_count(g, (size_t)count[g->rank] * (size_t)(g->size - 1), count[g->rank] ? g->size - 1 : 0);
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
    if (hl_group_is_alone(g)) {
        memmove((char *)in + (size_t)in_begin[0] * row_bytes, (const char *)out + (size_t)out_begin[0] * row_bytes,
                (size_t)out_count[0] * row_bytes);
        return;
    }
    MPI_Type_contiguous((int)row_bytes, MPI_BYTE, &row);
    MPI_Type_commit(&row);
    hl_group_come_to(g, HL_WAITS_ALL_TO_ALL, "all_to_all", row_bytes);
    HL_WAIT_FOR(MPI_Alltoallv, MPI_Ialltoallv, out, out_count, out_begin, row, in, in_count, in_begin, row, g->comm);
    hl_group_leave();
    MPI_Type_free(&row);
    for (int r = 0; r < g->size; r++)
        if (r != g->rank && out_count[r]) hl_group_count(g, (size_t)out_count[r] * row_bytes, 1);
}
