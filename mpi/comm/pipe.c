/* pipe.c - rows between the neighbouring stages of a pipeline. */
#include "mpi/comm/pipe.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/reserve.h"
#include "mpi/comm/wait.h"
#include <stdlib.h>

void hl_pipe_open(hl_pipe *p, const hl_group *stages)
{
    *p = (hl_pipe){.stages = stages, .buffers = stages->size + 1};
    for (int direction = 0; direction < HL_DIRECTIONS; direction++) {
        p->out[direction] = hl_alloc_zero((size_t)p->buffers, sizeof *p->out[direction]);
        for (int i = 0; i < p->buffers; i++) p->out[direction][i].request = MPI_REQUEST_NULL;
    }
}

void hl_pipe_close(hl_pipe *p)
{
    for (int direction = 0; direction < HL_DIRECTIONS; direction++) {
        for (int i = 0; i < p->buffers; i++) {
            hl_wait_all(1, &p->out[direction][i].request);
            hl_reserve_free(p->out[direction][i].rows, p->out[direction][i].room);
        }
        free(p->out[direction]);
        hl_reserve_free(p->in[direction].rows, p->in[direction].room);
    }
    *p = (hl_pipe){0};
}

/* The contents need not survive. */
static float *grow(hl_pipe_buffer *b, size_t n)
{
    if (n > b->room) {
        hl_reserve_free(b->rows, b->room);
        b->rows = hl_reserve(n);
        b->room = n;
    }
    return b->rows;
}

float *hl_pipe_room(hl_pipe *p, hl_direction direction, size_t n)
{
    hl_pipe_buffer *b = &p->out[direction][p->turn[direction]];
    hl_group_enter(p->stages, HL_WAITS_SEND);
    hl_wait_all(1, &b->request);
    hl_group_leave();
    if (n > p->most[direction]) p->most[direction] = n;
    return grow(b, p->most[direction]);
}

/* A row is one element, so that counts stay far below int. */
static MPI_Datatype row_type(int D)
{
    MPI_Datatype row;
    MPI_Type_contiguous(D, MPI_FLOAT, &row);
    MPI_Type_commit(&row);
    return row;
}

void hl_pipe_send(hl_pipe *p, hl_direction direction, int rows, int D)
{
    hl_pipe_buffer *b = &p->out[direction][p->turn[direction]];
    MPI_Datatype row = row_type(D);
    int to = p->stages->rank + (direction == HL_FORWARD ? 1 : -1);
    HL_CHECK(to >= 0 && to < p->stages->size);
    hl_fault_wait("pipe-send", HL_FAULT_ME);
    MPI_Isend(b->rows, rows, row, to, (int)direction, p->stages->comm, &b->request);
    hl_group_count(p->stages, (size_t)rows * (size_t)D * sizeof(float), 1);
    MPI_Type_free(&row);
    p->turn[direction] = (p->turn[direction] + 1) % p->buffers;
}

void hl_pipe_recv(hl_pipe *p, hl_direction direction, int rows, int D)
{
    MPI_Datatype row = row_type(D);
    int from = p->stages->rank - (direction == HL_FORWARD ? 1 : -1);
    HL_CHECK(from >= 0 && from < p->stages->size);
    float *x = grow(&p->in[direction], (size_t)rows * (size_t)D);
    MPI_Request request;
    hl_group_enter(p->stages, HL_WAITS_RECEIVE);
    MPI_Irecv(x, rows, row, from, (int)direction, p->stages->comm, &request);
    hl_wait_all(1, &request);
    hl_group_leave();
    MPI_Type_free(&row);
}
