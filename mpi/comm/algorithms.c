/* algorithms.c - the algorithms of collectives that add, and which is taken. */
#include "mpi/comm/algorithms.h"
#include "base/lend.h"
#include "base/part.h"
#include "mpi/comm/recursive.h"
#include "mpi/comm/wait.h"
#include <string.h>

/* An array that nobody has cut is cut into equal blocks. */
static void reduce_blocks(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine,
                          void (*reduce_scatter)(const hl_group *g, const hl_blocks *b),
                          void (*all_gather)(const hl_group *g, const hl_blocks *b))
{
    size_t *at = hl_lend(2 * (size_t)g->size * sizeof *at), *count = at + g->size;
    const hl_blocks blocks = {x, size, at, count, combine};
    for (int r = 0; r < g->size; r++) {
        at[r] = (size_t)hl_part_begin((int64_t)n, g->size, r);
        count[r] = (size_t)hl_part_count((int64_t)n, g->size, r);
    }
    reduce_scatter(g, &blocks);
    all_gather(g, &blocks);
    hl_lend_back(at);
}

static void direct(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    reduce_blocks(g, x, n, size, combine, hl_blocks_reduce_scatter_direct, hl_blocks_all_gather_direct);
}

static void ring(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    reduce_blocks(g, x, n, size, combine, hl_blocks_reduce_scatter_ring, hl_blocks_all_gather_ring);
}

/* What a rank sends: of equal blocks, sums to their owners, and from there. */
static void blocks_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size,
                        void (*scatter)(hl_sent *s, int ranks, int rank, const size_t *count, size_t size),
                        void (*gather)(hl_sent *s, int ranks, int rank, const size_t *count, size_t size))
{
    size_t *count = hl_lend((size_t)ranks * sizeof *count);
    for (int r = 0; r < ranks; r++) count[r] = (size_t)hl_part_count((int64_t)n, ranks, r);
    scatter(s, ranks, rank, count, size);
    gather(s, ranks, rank, count, size);
    hl_lend_back(count);
}

static void direct_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size)
{
    blocks_sent(s, ranks, rank, n, size, hl_blocks_reduce_scatter_direct_sent, hl_blocks_all_gather_direct_sent);
}

static void ring_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size)
{
    blocks_sent(s, ranks, rank, n, size, hl_blocks_reduce_scatter_ring_sent, hl_blocks_all_gather_ring_sent);
}

static void mpi_sent(hl_sent *s, int ranks, int rank, size_t n, size_t size)
{
    (void)ranks, (void)rank;
    hl_sent_rows(s, n, size);
}

static bool two_floats(int ranks, hl_combine combine) { return ranks == 2 && combine == hl_fold_floats; }

static void mpi(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine)
{
    HL_CHECK(two_floats(g->size, combine));
    HL_WAIT_FOR(MPI_Allreduce, MPI_Iallreduce, MPI_IN_PLACE, x, (int)n, MPI_FLOAT, MPI_SUM, g->comm);
    hl_group_count(g, n * size, 1);
}

enum { DIRECT, RING, HALVING, DOUBLING, MPI, ALGORITHMS };

const hl_algorithm hl_algorithms[] = {
    [DIRECT] = {"direct", direct, direct_sent, hl_blocks_reduce_scatter_direct, hl_blocks_reduce_scatter_direct_sent,
                hl_blocks_all_gather_direct, hl_blocks_all_gather_direct_sent, NULL},
    [RING] = {"ring", ring, ring_sent, hl_blocks_reduce_scatter_ring, hl_blocks_reduce_scatter_ring_sent,
              hl_blocks_all_gather_ring, hl_blocks_all_gather_ring_sent, NULL},
    [HALVING] = {.name = "halving", .all_reduce = hl_recursive_halving_all_reduce, .sent = hl_recursive_halving_sent},
    [DOUBLING] = {.name = "doubling",
                  .all_reduce = hl_recursive_doubling_all_reduce,
                  .sent = hl_recursive_doubling_sent},
    [MPI] = {.name = "mpi", .all_reduce = mpi, .sent = mpi_sent, .fits = two_floats},
    [ALGORITHMS] = {0},
};

static bool is_power_of_two(int ranks) { return (ranks & (ranks - 1)) == 0; }

/* From so many ranks and bytes on: the last row that fits.  As measured by `hllm bench collectives` on two Zen cores
 * with shared memory, the best of three runs.  Up to 16 KB messages are what costs, and doubling has the fewest: half
 * the time of direct at 2 ranks, two thirds at 4.  At 2 ranks MPI_Allreduce needs 0.6 of direct's time at 16 MB,
 * halving 0.8; below 4 MB they are alike.  At 4 ranks direct and halving are alike, but direct serves any number of
 * ranks equally well.  The ring needs twice direct's time, since it carries branches; it is for networks where only
 * neighbours have a good connection.  From 32 ranks on halving's 2 log p messages cost less than direct's 2 (p - 1) of
 * the same bytes, by latency and bandwidth and in rehearsals; where p is no power of two, halving first sends whole
 * arrays, which costs more than it saves. */
static const struct {
    int ranks;
    size_t bytes;
    int algorithm;
    bool (*when)(int ranks); /* NULL: always */
} table[] = {
    {0, 0, DOUBLING, NULL},
    {0, 1 << 15, HALVING, NULL},
    {0, 1 << 22, MPI, NULL},
    {3, 1 << 15, DIRECT, NULL},
    {32, 1 << 15, HALVING, is_power_of_two},
};

static bool fits(const hl_algorithm *algorithm, int ranks, hl_combine combine)
{
    return !algorithm->fits || algorithm->fits(ranks, combine);
}

static const hl_algorithm *taken; /* NULL: by the table */
static const size_t LONG = 1 << 15;

bool hl_algorithm_take(const char *name)
{
    taken = NULL;
    for (const hl_algorithm *a = hl_algorithms; name && a->name; a++)
        if (strcmp(a->name, name) == 0) taken = a;
    return taken || !name;
}

const hl_algorithm *hl_algorithm_for(int ranks, size_t bytes, hl_combine combine)
{
    if (taken && bytes >= LONG && fits(taken, ranks, combine)) return taken;
    const hl_algorithm *best = &hl_algorithms[DIRECT];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const hl_algorithm *algorithm = &hl_algorithms[table[i].algorithm];
        const bool is_right = !table[i].when || table[i].when(ranks);
        if (is_right && ranks >= table[i].ranks && bytes >= table[i].bytes && fits(algorithm, ranks, combine))
            best = algorithm;
    }
    return best;
}

const hl_algorithm *hl_algorithm_for_blocks(int ranks, size_t bytes)
{
    (void)ranks;
    return taken && bytes >= LONG && taken->reduce_scatter ? taken : &hl_algorithms[DIRECT];
}
