/* ring.c - blocks round a ring, added on their way by the tree of the ranks.
 *
 * Block b starts at rank b + 1 and ends at its owner; each rank on its way adds its own part.  A plain ring
 * (Patarasuk and Yuan, J. Parallel Distrib. Comput. 69, 2009) adds in the order of its way, another one for each
 * block, and could not give the bits of the tree.  So what travels are the branches of the tree that are complete so
 * far, and a rank adds whatever its part completes:
 *
 *     8 ranks, block 4, from rank 5:  5 | 5 6 | 5 (6 7) | ... | (0 1) 5 (6 7) | ... | (0 1 2 3) 5 (6 7) | all: rank 4
 *
 * That is one to three blocks a message among 8 ranks instead of one.  Then finished blocks go round once, each rank
 * passing on what it got. */
#include "base/lend.h"
#include "mpi/comm/blocks.h"
#include "mpi/comm/wait.h"
#include <string.h>

/* Ranks [first, first + n), counted round the ring, have added their parts. */
typedef struct {
    int ranks, first, n;
} arc;

static int inside(const arc *a, int begin, int end)
{
    int n = 0;
    for (int r = begin; r < end; r++) n += (r - a->first + a->ranks) % a->ranks < a->n;
    return n;
}

/* Branches of the tree over ranks [begin, end) that are complete, and not part of a larger one that is. */
static int branches(const arc *a, int begin, int end)
{
    int n = inside(a, begin, end);
    if (n == 0 || n == end - begin) return n > 0;
    int middle = begin + hl_fold_left(end - begin);
    return branches(a, begin, middle) + branches(a, middle, end);
}

/* At most one of each size to either side. */
static size_t most_branches(int ranks)
{
    size_t n = 1;
    for (int k = 1; k < ranks; k *= 2) n += 2;
    return n;
}

/* The branches of a block as they come, in the order of ranks, and as they go. */
typedef struct {
    const hl_blocks *blocks;
    arc after;          /* with my part */
    int me, b;          /* rank, block */
    char *come, **gone; /* what comes next; branches that go on */
    int n;
} stop;

static char *value(stop *s, int begin, int end)
{
    size_t bytes = hl_block_bytes(s->blocks, s->b);
    if (s->me < begin || s->me >= end) {
        s->come += bytes;
        return s->come - bytes;
    }
    if (end - begin == 1) return hl_block_of(s->blocks, s->b);
    int middle = begin + hl_fold_left(end - begin);
    char *left = value(s, begin, middle), *right = value(s, middle, end);
    s->blocks->combine(left, right, s->blocks->count[s->b]);
    return left;
}

static void join(stop *s, int begin, int end)
{
    int n = inside(&s->after, begin, end);
    if (n == 0) return;
    if (n == end - begin) {
        s->gone[s->n++] = value(s, begin, end);
        return;
    }
    int middle = begin + hl_fold_left(end - begin);
    join(s, begin, middle);
    join(s, middle, end);
}

/* What one rank needs on the way round. */
typedef struct {
    const hl_group *g;
    const hl_blocks *blocks;
    char *in[2];          /* what came, and what came before that and still goes */
    char **gone;          /* (most) branches that go on */
    MPI_Request *request; /* (2 most) */
    int requests;
} ring;

static int wrap(const hl_group *g, int r) { return (r % g->size + g->size) % g->size; }

static void send(ring *o, const void *from, size_t bytes)
{
    if (bytes == 0) return;
    MPI_Isend(from, (int)bytes, MPI_BYTE, wrap(o->g, o->g->rank + 1), HL_TAG_RING, o->g->comm,
              &o->request[o->requests++]);
    hl_group_count(o->g, bytes, 1);
}

static void receive(ring *o, void *to, size_t bytes)
{
    if (bytes)
        MPI_Irecv(to, (int)bytes, MPI_BYTE, wrap(o->g, o->g->rank - 1), HL_TAG_RING, o->g->comm,
                  &o->request[o->requests++]);
}

static void wait(ring *o)
{
    hl_wait_all(o->requests, o->request);
    o->requests = 0;
}

/* Hop k: `n` branches of block me - k - 1 go on, those of block me - k - 2 come and are joined; how many it has
 * then. */
static int hop(ring *o, int k, int n)
{
    const int p = o->g->size, me = o->g->rank, out = wrap(o->g, me - k - 1), in = wrap(o->g, me - k - 2);
    const size_t out_bytes = hl_block_bytes(o->blocks, out), in_bytes = hl_block_bytes(o->blocks, in);
    const arc before = {p, wrap(o->g, in + 1), k + 1}, after = {p, before.first, k + 2};
    for (int i = branches(&before, 0, p) - 1; i >= 0; i--) receive(o, o->in[k % 2] + (size_t)i * in_bytes, in_bytes);
    for (int i = n - 1; i >= 0; i--) send(o, o->gone[i], out_bytes);
    wait(o);
    stop s = {o->blocks, after, me, in, o->in[k % 2], o->gone, 0};
    if (in_bytes) join(&s, 0, p);
    return s.n;
}

/* Hop k sends the branches that hop k - 1 has made of the block before. */
void hl_blocks_reduce_scatter_ring_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size)
{
    for (int k = 0; k < ranks - 1; k++) {
        const int out = (rank - k - 1 + ranks) % ranks;
        const arc has = {ranks, (out + 1) % ranks, k + 1};
        const int n = count[out] ? branches(&has, 0, ranks) : 0;
        s->bytes += (double)n * (double)(count[out] * size);
        s->messages += n;
    }
}

void hl_blocks_all_gather_ring_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size)
{
    for (int k = 0; k < ranks - 1; k++) hl_sent_rows(s, count[(rank - k + ranks) % ranks], size);
}

static size_t longest(const hl_group *g, const hl_blocks *b)
{
    size_t most = 0;
    for (int r = 0; r < g->size; r++)
        if (b->count[r] > most) most = b->count[r];
    return most * b->size;
}

void hl_blocks_reduce_scatter_ring(const hl_group *g, const hl_blocks *b)
{
    const size_t most = most_branches(g->size), room = most * longest(g, b);
    ring o = {.g = g, .blocks = b, .in = {hl_lend(room), hl_lend(room)}};
    o.gone = hl_lend(most * sizeof *o.gone);
    o.request = hl_lend(2 * most * sizeof *o.request);
    int n = 1;
    o.gone[0] = hl_block_of(b, wrap(g, g->rank - 1));
    for (int k = 0; k < g->size - 1; k++) n = hop(&o, k, n);
    if (n == 1) memmove(hl_block_of(b, g->rank), o.gone[0], hl_block_bytes(b, g->rank));
    hl_lend_back(o.request);
    hl_lend_back(o.gone);
    hl_lend_back(o.in[1]);
    hl_lend_back(o.in[0]);
}

void hl_blocks_all_gather_ring(const hl_group *g, const hl_blocks *b)
{
    MPI_Request request[2];
    ring o = {.g = g, .blocks = b, .request = request};
    for (int k = 0; k < g->size - 1; k++) {
        const int out = wrap(g, g->rank - k), in = wrap(g, g->rank - k - 1);
        receive(&o, hl_block_of(b, in), hl_block_bytes(b, in));
        send(&o, hl_block_of(b, out), hl_block_bytes(b, out));
        wait(&o);
    }
}
