/* direct.c - blocks straight to their owners, and from them.
 *
 * What is sent lies in x and is sent from there; what the owner of a block receives lies on the wire, one part a
 * rank, and is added by the tree when all parts are there, whichever came first. */
#include "base/lend.h"
#include "mpi/comm/blocks.h"
#include "mpi/comm/wait.h"
#include <string.h>

static void open(hl_parcels *p, const hl_group *g, const hl_blocks *b, int tag, size_t wire_bytes)
{
    *p = (hl_parcels){.group = g, .blocks = *b, .tag = tag, .wire = hl_lend(wire_bytes)};
    p->request = hl_lend(2 * (size_t)g->size * sizeof *p->request);
    for (int i = 0; i < 2 * g->size; i++) p->request[i] = MPI_REQUEST_NULL;
}

static void post_receive(hl_parcels *p, void *to, size_t bytes, int r)
{
    if (bytes && r != p->group->rank) MPI_Irecv(to, (int)bytes, MPI_BYTE, r, p->tag, p->group->comm, &p->request[r]);
}

static void post_send(hl_parcels *p, const void *from, size_t bytes, int r)
{
    if (bytes == 0 || r == p->group->rank) return;
    MPI_Isend(from, (int)bytes, MPI_BYTE, r, p->tag, p->group->comm, &p->request[p->group->size + r]);
    hl_group_count(p->group, bytes, 1);
}

/* Neighbours first, so that not everyone talks to rank 0 at once. */
static int partner(const hl_group *g, int i) { return (g->rank + i) % g->size; }

void hl_parcels_reduce_scatter(hl_parcels *p, const hl_group *g, const hl_blocks *b, int tag)
{
    size_t mine = hl_block_bytes(b, g->rank);
    open(p, g, b, tag, mine * (size_t)g->size);
    for (int i = 1; i < g->size; i++) post_receive(p, p->wire + (size_t)partner(g, i) * mine, mine, partner(g, i));
    for (int i = 1; i < g->size; i++)
        post_send(p, hl_block_of(b, partner(g, i)), hl_block_bytes(b, partner(g, i)), partner(g, i));
    memcpy(p->wire + (size_t)g->rank * mine, hl_block_of(b, g->rank), mine);
}

void hl_parcels_all_gather(hl_parcels *p, const hl_group *g, const hl_blocks *b, int tag)
{
    open(p, g, b, tag, 0);
    p->blocks.combine = NULL;
    for (int i = 1; i < g->size; i++)
        post_receive(p, hl_block_of(b, partner(g, i)), hl_block_bytes(b, partner(g, i)), partner(g, i));
    for (int i = 1; i < g->size; i++) post_send(p, hl_block_of(b, g->rank), hl_block_bytes(b, g->rank), partner(g, i));
}

bool hl_parcels_are_here(const hl_parcels *p)
{
    int here;
    MPI_Testall(2 * p->group->size, p->request, &here, MPI_STATUSES_IGNORE);
    return here;
}

void hl_parcels_end(hl_parcels *p)
{
    const hl_blocks *b = &p->blocks;
    int me = p->group->rank;
    hl_wait_all(2 * p->group->size, p->request);
    if (b->combine && b->count[me]) {
        hl_fold(p->wire, p->group->size, hl_block_bytes(b, me), b->count[me], b->combine);
        memcpy(hl_block_of(b, me), p->wire, hl_block_bytes(b, me));
    }
    hl_lend_back(p->request);
    hl_lend_back(p->wire);
    *p = (hl_parcels){0};
}

void hl_blocks_reduce_scatter_direct_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size)
{
    for (int r = 0; r < ranks; r++)
        if (r != rank) hl_sent_rows(s, count[r], size);
}

void hl_blocks_all_gather_direct_sent(hl_sent *s, int ranks, int rank, const size_t *count, size_t size)
{
    for (int i = 1; i < ranks; i++) hl_sent_rows(s, count[rank], size);
}

void hl_blocks_reduce_scatter_direct(const hl_group *g, const hl_blocks *b)
{
    hl_parcels p;
    hl_parcels_reduce_scatter(&p, g, b, HL_TAG_DIRECT);
    hl_parcels_end(&p);
}

void hl_blocks_all_gather_direct(const hl_group *g, const hl_blocks *b)
{
    hl_parcels p;
    hl_parcels_all_gather(&p, g, b, HL_TAG_DIRECT);
    hl_parcels_end(&p);
}
