/* test-pipe.c - what a stage sends, its neighbour receives, in order, in both directions. */
#include "mpi/comm/pipe.h"
#include "tests/check-mpi.h"
#include "tests/check.h"

enum { MICRO_BATCHES = 7, D = 3 };

static float value(int stage, int direction, int mb, int i)
{
    return (float)(1000 * stage + 500 * direction + 10 * mb + i % 7);
}

static void send(hl_pipe *p, hl_direction direction, int stage, int mb, int rows)
{
    float *x = hl_pipe_room(p, direction, (size_t)rows * D);
    for (int i = 0; i < rows * D; i++) x[i] = value(stage, (int)direction, mb, i);
    hl_pipe_send(p, direction, rows, D);
}

static void receive(hl_pipe *p, hl_direction direction, int stage, int mb, int rows)
{
    hl_pipe_recv(p, direction, rows, D);
    for (int i = 0; i < rows * D; i++) CHECK(hl_pipe_received(p, direction)[i] == value(stage, (int)direction, mb, i));
}

/* Sizes from nothing to more than goes at once, growing and shrinking. */
static int rows_of(int mb)
{
    static const int rows[MICRO_BATCHES] = {2, 0, 50000, 1, 7, 50001, 3};
    return rows[mb];
}

static void micro_batches_go_through_all_stages(void)
{
    hl_pipe p;
    const hl_group *g = check_world();
    if (g->size == 1) check_skip("stages: there is one rank");
    hl_pipe_open(&p, g);
    for (int c = 0; c < MICRO_BATCHES; c++) {
        if (g->rank > 0) receive(&p, HL_FORWARD, g->rank - 1, c, rows_of(c));
        if (g->rank < g->size - 1) send(&p, HL_FORWARD, g->rank, c, rows_of(c));
    }
    for (int c = 0; c < MICRO_BATCHES; c++) {
        if (g->rank < g->size - 1) receive(&p, HL_BACKWARD, g->rank + 1, c, rows_of(c));
        if (g->rank > 0) send(&p, HL_BACKWARD, g->rank, c, rows_of(c));
    }
    hl_pipe_close(&p);
}

/* A stage may be as many micro-batches ahead as there are stages after it, and neighbours may pass to each other at
 * once. */
static void a_stage_runs_ahead(void)
{
    hl_pipe p;
    const hl_group *g = check_world();
    if (g->size == 1) check_skip("stages: there is one rank");
    hl_pipe_open(&p, g);
    int last = g->size - 1, ahead = last - g->rank;
    for (int c = 0; c < MICRO_BATCHES + ahead; c++) {
        if (c < MICRO_BATCHES && g->rank > 0) receive(&p, HL_FORWARD, g->rank - 1, c, rows_of(c));
        if (c < MICRO_BATCHES && g->rank < last) send(&p, HL_FORWARD, g->rank, c, rows_of(c));
        if (c < ahead) continue;
        if (g->rank < last) receive(&p, HL_BACKWARD, g->rank + 1, c - ahead, rows_of(c - ahead));
        if (g->rank > 0) send(&p, HL_BACKWARD, g->rank, c - ahead, rows_of(c - ahead));
    }
    hl_pipe_close(&p);
}

static const test tests[] = {
    {"micro-batches go through all stages, and back", micro_batches_go_through_all_stages},
    {"a stage runs ahead of the next", a_stage_runs_ahead},
};
HL_TESTS("pipe", tests)
