/* pipe.c - rows between the neighbouring stages of a pipeline. */
#include "mpi/pipe.h"
#include "base/arena.h"
#include "base/fault.h"
#include "mpi/wait.h"
#include <stdlib.h>

void hl_pipe_open(hl_pipe *p, const hl_group *stages)
{
    *p = (hl_pipe){.stages = stages, .buffers = stages->size + 1};
    for (int way = 0; way < HL_WAYS; way++) {
        p->out[way] = hl_alloc_zero((size_t)p->buffers, sizeof *p->out[way]);
        for (int i = 0; i < p->buffers; i++) p->out[way][i].request = MPI_REQUEST_NULL;
    }
}

void hl_pipe_close(hl_pipe *p)
{
    for (int way = 0; way < HL_WAYS; way++) {
        for (int i = 0; i < p->buffers; i++) {
            hl_wait_all(1, &p->out[way][i].request);
            free(p->out[way][i].rows);
        }
        free(p->out[way]);
        free(p->in[way].rows);
    }
    *p = (hl_pipe){0};
}

/* The contents need not survive. */
static float *grow(hl_pipe_buffer *b, size_t n)
{
    if (n > b->room) {
        free(b->rows);
        b->rows = hl_alloc(n * sizeof *b->rows);
        b->room = n;
    }
    return b->rows;
}

float *hl_pipe_room(hl_pipe *p, hl_way way, size_t n)
{
    hl_pipe_buffer *b = &p->out[way][p->turn[way]];
    hl_group_enter(p->stages, HL_WAITS_SEND);
    hl_wait_all(1, &b->request);
    hl_group_leave();
    if (n > p->most[way]) p->most[way] = n;
    return grow(b, p->most[way]);
}

/* A row is one element, so that counts stay far below int. */
static MPI_Datatype row_type(int D)
{
    MPI_Datatype row;
    MPI_Type_contiguous(D, MPI_FLOAT, &row);
    MPI_Type_commit(&row);
    return row;
}

void hl_pipe_pass(hl_pipe *p, hl_way way, int rows, int D)
{
    hl_pipe_buffer *b = &p->out[way][p->turn[way]];
    MPI_Datatype row = row_type(D);
    int to = p->stages->rank + (way == HL_FORWARD ? 1 : -1);
    HL_CHECK(to >= 0 && to < p->stages->size);
    hl_fault_wait("pipe-send", HL_FAULT_ME);
    MPI_Isend(b->rows, rows, row, to, way, p->stages->comm, &b->request);
    hl_group_count(p->stages, (size_t)rows * (size_t)D * sizeof(float));
    MPI_Type_free(&row);
    p->turn[way] = (p->turn[way] + 1) % p->buffers;
}

void hl_pipe_take(hl_pipe *p, hl_way way, int rows, int D)
{
    MPI_Datatype row = row_type(D);
    int from = p->stages->rank - (way == HL_FORWARD ? 1 : -1);
    HL_CHECK(from >= 0 && from < p->stages->size);
    float *x = grow(&p->in[way], (size_t)rows * (size_t)D);
    MPI_Request request;
    hl_group_enter(p->stages, HL_WAITS_RECEIVE);
    MPI_Irecv(x, rows, row, from, way, p->stages->comm, &request);
    hl_wait_all(1, &request);
    hl_group_leave();
    MPI_Type_free(&row);
}
