/* pipe.h - rows between the neighbouring stages of a pipeline.
 *
 * Rows travel both ways: forward (activations, to the next stage) and backward (gradients, to the one before).
 * Messages of one direction arrive in the order in which they were sent; both neighbours know their sizes.  A send does
 * not wait for the other side: its buffer is one of a few, taken in turn, and waits only when all are on their way.
 * With a stage being at most `stages` micro-batches ahead of the next (step/schedule.h), that is never. */
#ifndef MPI_COMM_PIPE_H
#define MPI_COMM_PIPE_H
#include "mpi/comm/group.h"

typedef enum { HL_FORWARD, HL_BACKWARD, HL_DIRECTIONS } hl_direction;

typedef struct {
    float *rows;
    size_t room;
    MPI_Request request;
} hl_pipe_buffer;

typedef struct {
    const hl_group *stages; /* one rank a stage, in order; size 0: I am in no stage */
    hl_pipe_buffer *out[HL_DIRECTIONS], in[HL_DIRECTIONS];
    int buffers, turn[HL_DIRECTIONS];
    size_t most[HL_DIRECTIONS]; /* the most floats that were sent at once: all buffers come to hold as many */
} hl_pipe;

/* Local. */
void hl_pipe_open(hl_pipe *p, const hl_group *stages);
/* Waits until what was sent has arrived. */
void hl_pipe_close(hl_pipe *p);

/* Room for n floats to send; valid until hl_pipe_send. */
float *hl_pipe_room(hl_pipe *p, hl_direction direction, size_t n);
/* Send them, rows of D floats. */
void hl_pipe_send(hl_pipe *p, hl_direction direction, int rows, int D);
/* Wait for what the neighbour sent. */
void hl_pipe_recv(hl_pipe *p, hl_direction direction, int rows, int D);
/* What was received last; borrowed until the next is received.  NULL before the first. */
static inline const float *hl_pipe_received(const hl_pipe *p, hl_direction direction) { return p->in[direction].rows; }

#endif
