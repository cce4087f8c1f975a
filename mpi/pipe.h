/* pipe.h - rows between the neighbouring stages of a pipeline.
 *
 * Rows travel both ways: forward (activations, to the next stage) and back (gradients, to the one before).  Messages of one
 * way arrive in the order in which they were sent; both neighbours know their sizes.  A send does not wait for the other
 * side: its buffer is one of a few, taken in turn, and waits only when all are on their way.  With a stage being at most
 * `stages` chunks ahead of the next (model/schedule.h), that is never. */
#ifndef MPI_PIPE_H
#define MPI_PIPE_H
#include "mpi/group.h"

typedef enum { HL_FORWARD, HL_BACK, HL_WAYS } hl_way;

typedef struct {
    float *rows;
    size_t room;
    MPI_Request request;
} hl_pipe_buffer;

typedef struct {
    const hl_group *stages; /* one rank a stage, in order; size 0: I am in no stage */
    hl_pipe_buffer *out[HL_WAYS], in[HL_WAYS];
    int buffers, turn[HL_WAYS];
    size_t most[HL_WAYS]; /* the most floats that were passed at once: all buffers come to hold as many */
} hl_pipe;

/* Local. */
void hl_pipe_open(hl_pipe *p, const hl_group *stages);
/* Waits until what was passed has arrived. */
void hl_pipe_close(hl_pipe *p);

/* Room for n floats to pass on; valid until hl_pipe_pass. */
float *hl_pipe_room(hl_pipe *p, hl_way way, size_t n);
/* Pass them on, rows of D floats. */
void hl_pipe_pass(hl_pipe *p, hl_way way, int rows, int D);
/* Wait for what the neighbour passed. */
void hl_pipe_take(hl_pipe *p, hl_way way, int rows, int D);
/* What was taken last; borrowed until the next is taken.  NULL before the first. */
static inline const float *hl_pipe_taken(const hl_pipe *p, hl_way way) { return p->in[way].rows; }

#endif
