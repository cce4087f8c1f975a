/* recursive.c - recursive halving and doubling: combine an array over ranks that are 1, 2, 4 ... apart.
 *
 * The tree of p ranks has as many branches as the largest power of two that is not above p; the first few are of two
 * ranks each.  There the second gives its array to the first.  The branches then meet their neighbours, pairs of
 * branches the neighbouring pairs, and so on: at each level the lower rank's numbers stand left of the sum, so even
 * an operation for which left and right differ comes out as the tree has it. */
#include "mpi/comm/recursive.h"
#include "base/lend.h"
#include "mpi/comm/blocks.h"
#include "mpi/comm/wait.h"
#include <string.h>

typedef struct {
    const hl_group *g;
    size_t n, size;
    hl_combine combine;
    char *mine, *other; /* (n) my numbers; room for a partner's.  They change places */
    int branches, twice;
    int branch; /* mine; -1: my neighbour acts for me */
} work;

static int rank_of(const work *w, int branch) { return branch < w->twice ? 2 * branch : branch + w->twice; }

static void find_branch(work *w, int ranks, int rank)
{
    w->branches = 1;
    while (2 * w->branches <= ranks) w->branches *= 2;
    w->twice = ranks - w->branches;
    w->branch = rank >= 2 * w->twice ? rank - w->twice : rank % 2 == 0 ? rank / 2 : -1;
}

static work open(const hl_group *g, void *x, char *wire, size_t n, size_t size, hl_combine combine)
{
    work w = {.g = g, .n = n, .size = size, .combine = combine, .mine = x, .other = wire};
    find_branch(&w, g->size, g->rank);
    return w;
}

static void send(const work *w, const char *from, size_t n, int to)
{
    HL_WAIT_FOR(MPI_Send, MPI_Isend, from, (int)(n * w->size), MPI_BYTE, to, HL_TAG_HALVING, w->g->comm);
    hl_group_count(w->g, n * w->size, 1);
}

static void receive(const work *w, char *to, size_t n, int from)
{
    MPI_Request begun;
    MPI_Irecv(to, (int)(n * w->size), MPI_BYTE, from, HL_TAG_HALVING, w->g->comm, &begun);
    hl_wait_all(1, &begun);
}

/* Numbers [out, out + n_out) of mine to the partner, [in, in + n_in) of its into `to`. */
static void swap(const work *w, size_t out, size_t n_out, char *to, size_t in, size_t n_in, int partner)
{
    MPI_Request begun[2];
    MPI_Irecv(to + in * w->size, (int)(n_in * w->size), MPI_BYTE, partner, HL_TAG_HALVING, w->g->comm, &begun[0]);
    MPI_Isend(w->mine + out * w->size, (int)(n_out * w->size), MPI_BYTE, partner, HL_TAG_HALVING, w->g->comm,
              &begun[1]);
    hl_wait_all(2, begun);
    hl_group_count(w->g, n_out * w->size, 1);
}

/* The partner's numbers [begin, begin + n) are in `other`. */
static void meet(work *w, size_t begin, size_t n, bool partner_is_left)
{
    if (partner_is_left) {
        char *left = w->other;
        w->other = w->mine;
        w->mine = left;
    }
    if (n) w->combine(w->mine + begin * w->size, w->other + begin * w->size, n);
}

/* Ranks above a power of two: before, and after. */
static void give(work *w)
{
    if (w->g->rank >= 2 * w->twice) return;
    if (w->branch < 0) send(w, w->mine, w->n, w->g->rank - 1);
    else {
        receive(w, w->other, w->n, w->g->rank + 1);
        meet(w, 0, w->n, false);
    }
}

static void take(const work *w)
{
    if (w->g->rank >= 2 * w->twice) return;
    if (w->branch < 0) receive(w, w->mine, w->n, w->g->rank - 1);
    else send(w, w->mine, w->n, w->g->rank + 1);
}

static void double_up(work *w)
{
    for (int d = 1; d < w->branches; d *= 2) {
        swap(w, 0, w->n, w->other, 0, w->n, rank_of(w, w->branch ^ d));
        meet(w, 0, w->n, w->branch & d);
    }
}

/* Of [begin, end) the lower rank keeps the lower half.  On the way back each gives what it has of the range before. */
static void halve(work *w, size_t begin, size_t end, int d)
{
    if (d == w->branches) return;
    const size_t middle = begin + (end - begin) / 2, lower = middle - begin, upper = end - middle;
    const int partner = rank_of(w, w->branch ^ d);
    const bool is_upper = w->branch & d;
    if (is_upper) swap(w, begin, lower, w->other, middle, upper, partner);
    else swap(w, middle, upper, w->other, begin, lower, partner);
    meet(w, is_upper ? middle : begin, is_upper ? upper : lower, is_upper);
    halve(w, is_upper ? middle : begin, is_upper ? end : middle, 2 * d);
    if (is_upper) swap(w, middle, upper, w->mine, begin, lower, partner);
    else swap(w, begin, lower, w->mine, middle, upper, partner);
}

static void reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine how, bool halves)
{
    char *wire = hl_lend(n * size);
    work w = open(g, x, wire, n, size, how);
    give(&w);
    if (w.branch >= 0 && halves) halve(&w, 0, n, 1);
    if (w.branch >= 0 && !halves) double_up(&w);
    take(&w);
    if (w.mine != x) memcpy(x, w.mine, n * size);
    hl_lend_back(wire);
}

void hl_recursive_doubling_all_reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    reduce(g, x, n, size, combine, false);
}

void hl_recursive_halving_all_reduce(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    reduce(g, x, n, size, combine, true);
}

/* ---- what a rank sends */

static void add(hl_sent *s, size_t n, size_t size)
{
    s->bytes += (double)(n * size);
    s->messages++;
}

static void add_halves(hl_sent *s, const work *w, size_t begin, size_t end, int d)
{
    if (d == w->branches) return;
    const size_t middle = begin + (end - begin) / 2, lower = middle - begin, upper = end - middle;
    const bool is_upper = w->branch & d;
    add(s, is_upper ? lower : upper, w->size);
    add_halves(s, w, is_upper ? middle : begin, is_upper ? end : middle, 2 * d);
    add(s, is_upper ? upper : lower, w->size);
}

/* Before and after: an array to the first of two, and back. */
static work add_pair(hl_sent *s, int ranks, int rank, size_t n, size_t size)
{
    work w = {.n = n, .size = size};
    find_branch(&w, ranks, rank);
    if (rank < 2 * w.twice) add(s, n, size);
    return w;
}

void hl_recursive_doubling_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size)
{
    const work w = add_pair(s, ranks, rank, n, size);
    for (int d = 1; w.branch >= 0 && d < w.branches; d *= 2) add(s, n, size);
}

void hl_recursive_halving_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size)
{
    const work w = add_pair(s, ranks, rank, n, size);
    if (w.branch >= 0) add_halves(s, &w, 0, n, 1);
}
