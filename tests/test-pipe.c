/* test-pipe.c - what a stage sends, its neighbour receives, in order, in both directions. */
#include "mpi/pipe.h"
#include "tests/check-mpi.h"
#include "tests/check.h"

enum { CHUNKS = 7, D = 3 };

static float value(int stage, int direction, int chunk, int i)
{
    return (float)(1000 * stage + 500 * direction + 10 * chunk + i % 7);
}

static void send(hl_pipe *p, hl_direction direction, int stage, int chunk, int rows)
{
    float *x = hl_pipe_room(p, direction, (size_t)rows * D);
    for (int i = 0; i < rows * D; i++) x[i] = value(stage, (int)direction, chunk, i);
    hl_pipe_send(p, direction, rows, D);
}

static void receive(hl_pipe *p, hl_direction direction, int stage, int chunk, int rows)
{
    hl_pipe_recv(p, direction, rows, D);
    for (int i = 0; i < rows * D; i++)
        CHECK(hl_pipe_received(p, direction)[i] == value(stage, (int)direction, chunk, i));
}

/* Sizes from nothing to more than goes at once, growing and shrinking. */
static int rows_of(int chunk)
{
    static const int rows[CHUNKS] = {2, 0, 50000, 1, 7, 50001, 3};
    return rows[chunk];
}

static void chunks_go_through_all_stages(void)
{
    hl_pipe p;
    const hl_group *g = check_world();
    hl_pipe_open(&p, g);
    for (int c = 0; c < CHUNKS; c++) {
        if (g->rank > 0) receive(&p, HL_FORWARD, g->rank - 1, c, rows_of(c));
        if (g->rank < g->size - 1) send(&p, HL_FORWARD, g->rank, c, rows_of(c));
    }
    for (int c = 0; c < CHUNKS; c++) {
        if (g->rank < g->size - 1) receive(&p, HL_BACKWARD, g->rank + 1, c, rows_of(c));
        if (g->rank > 0) send(&p, HL_BACKWARD, g->rank, c, rows_of(c));
    }
    hl_pipe_close(&p);
}

/* A stage may be as many chunks ahead as there are stages after it, and neighbours may pass to each other at once. */
static void a_stage_runs_ahead(void)
{
    hl_pipe p;
    const hl_group *g = check_world();
    hl_pipe_open(&p, g);
    int last = g->size - 1, ahead = last - g->rank;
    for (int c = 0; c < CHUNKS + ahead; c++) {
        if (c < CHUNKS && g->rank > 0) receive(&p, HL_FORWARD, g->rank - 1, c, rows_of(c));
        if (c < CHUNKS && g->rank < last) send(&p, HL_FORWARD, g->rank, c, rows_of(c));
        if (c < ahead) continue;
        if (g->rank < last) receive(&p, HL_BACKWARD, g->rank + 1, c - ahead, rows_of(c - ahead));
        if (g->rank > 0) send(&p, HL_BACKWARD, g->rank, c - ahead, rows_of(c - ahead));
    }
    hl_pipe_close(&p);
}

static const test tests[] = {
    {"chunks go through all stages, and back", chunks_go_through_all_stages},
    {"a stage runs ahead of the next", a_stage_runs_ahead},
};
HL_TESTS("pipe", tests)
