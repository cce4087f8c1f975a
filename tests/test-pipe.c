/* test-pipe.c - what a stage passes on, its neighbour takes, in order, both ways. */
#include "mpi/pipe.h"
#include "tests/check-mpi.h"
#include "tests/check.h"

enum { CHUNKS = 7, D = 3 };

static float value(int stage, int way, int chunk, int i)
{
    return (float)(1000 * stage + 500 * way + 10 * chunk + i % 7);
}

static void pass(hl_pipe *p, hl_way way, int stage, int chunk, int rows)
{
    float *x = hl_pipe_room(p, way, (size_t)rows * D);
    for (int i = 0; i < rows * D; i++) x[i] = value(stage, (int)way, chunk, i);
    hl_pipe_pass(p, way, rows, D);
}

static void take(hl_pipe *p, hl_way way, int stage, int chunk, int rows)
{
    hl_pipe_take(p, way, rows, D);
    for (int i = 0; i < rows * D; i++) CHECK(hl_pipe_taken(p, way)[i] == value(stage, (int)way, chunk, i));
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
        if (g->rank > 0) take(&p, HL_FORWARD, g->rank - 1, c, rows_of(c));
        if (g->rank < g->size - 1) pass(&p, HL_FORWARD, g->rank, c, rows_of(c));
    }
    for (int c = 0; c < CHUNKS; c++) {
        if (g->rank < g->size - 1) take(&p, HL_BACK, g->rank + 1, c, rows_of(c));
        if (g->rank > 0) pass(&p, HL_BACK, g->rank, c, rows_of(c));
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
        if (c < CHUNKS && g->rank > 0) take(&p, HL_FORWARD, g->rank - 1, c, rows_of(c));
        if (c < CHUNKS && g->rank < last) pass(&p, HL_FORWARD, g->rank, c, rows_of(c));
        if (c < ahead) continue;
        if (g->rank < last) take(&p, HL_BACK, g->rank + 1, c - ahead, rows_of(c - ahead));
        if (g->rank > 0) pass(&p, HL_BACK, g->rank, c - ahead, rows_of(c - ahead));
    }
    hl_pipe_close(&p);
}

static const test tests[] = {
    {"chunks go through all stages, and back", chunks_go_through_all_stages},
    {"a stage runs ahead of the next", a_stage_runs_ahead},
};
HL_TESTS("pipe", tests)
