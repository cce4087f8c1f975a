/* exchange.h - rows from those who hold them to those who read them, and gradients back.
 *
 * Item vectors lie where they were encoded; users read them elsewhere, some several times.  Everybody knows
 * who holds and who reads (the plan), so no words are spent on it.  Going back, the gradients of a row are
 * added in the order of the readings, whoever they come from: the sum does not depend on the layout. */
#ifndef MPI_COMM_EXCHANGE_H
#define MPI_COMM_EXCHANGE_H
#include "base/arena.h"
#include "mpi/comm/group.h"

/* Reading i: rank holder[i] has the row at held[i] of its rows; rank reader[i] wants it at read[i] of its own. */
typedef struct {
    int n;
    const int *holder, *held, *reader, *read; /* (n) */
} hl_readings;

typedef struct {
    const hl_group *group;
    int sent, received;
    int *send_row, *send_count, *send_begin; /* my rows in the order of the wire; per rank */
    int *add_order;                          /* (sent) places on the wire in the order of the readings */
    int *receive_row, *receive_count, *receive_begin;
} hl_exchange;

/* Lay the routes in the arena.  Local. */
void hl_exchange_set_up(hl_exchange *x, const hl_group *g, const hl_readings *r, hl_arena *arena);

/* theirs (rows of `read`, D) from mine (rows of `held`, D).  Collective over the group. */
void hl_exchange_forward(const hl_exchange *x, float *theirs, const float *mine, int D, hl_arena *wire);

/* dmine (rows of `held`, D) += gradients of the readings dtheirs (rows of `read`, D).  Collective. */
void hl_exchange_backward(const hl_exchange *x, float *dmine, const float *dtheirs, int D, hl_arena *wire);

/* Bytes that this rank sends to other ranks going forward (as many come back), rows of D floats. */
int64_t hl_exchange_bytes(const hl_exchange *x, int D);

#endif
