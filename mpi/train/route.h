/* route.h - the ways of item vectors between the replicas that hold them and those that read them. */
#ifndef MPI_TRAIN_ROUTE_H
#define MPI_TRAIN_ROUTE_H
#include "mpi/comm/exchange.h"
#include "mpi/train/mesh.h"

/* Where texts lie: which replica has each, and which row it is on the ranks of that. */
typedef struct {
    const hl_mesh *mesh;
    const hl_plan *plan;
    const hl_share *share;
    const int *place; /* (texts) */
} hl_whereabouts;

/* Rows to every rank of the replica that reads, from one rank of the replica that holds; gradients to every rank of the
 * replica that holds, from one of the replica that read. */
typedef struct {
    hl_exchange there, back;
} hl_route;

/* n readings: the stage that begins at rank reader[r] has text[r] as its row place[r]; -1: its row is of no text. */
typedef struct {
    int n;
    const int *text, *reader, *place; /* (n) */
} hl_route_ends;

/* Laid in the arena; local. */
void hl_route_set_up(hl_route *x, const hl_whereabouts *w, const hl_route_ends *ends, hl_arena *arena,
                     hl_arena *scratch);

/* Bytes that this rank sends to other ranks, both ways, rows of D floats. */
int64_t hl_route_bytes(const hl_route *x, int D);

#endif
