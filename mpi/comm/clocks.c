/* clocks.c - what time it is on other machines. */
#include "mpi/comm/clocks.h"
#include "mpi/comm/wait.h"
#include <math.h>

enum { QUESTIONS = 20, TAG = 77 };

static void send(const hl_group *g, const double *x, int n, int to)
{
    MPI_Request request;
    MPI_Isend(x, n, MPI_DOUBLE, to, TAG, g->comm, &request);
    hl_wait_all(1, &request);
}

static void receive(const hl_group *g, double *x, int n, int from)
{
    MPI_Request request;
    MPI_Irecv(x, n, MPI_DOUBLE, from, TAG, g->comm, &request);
    hl_wait_all(1, &request);
}

/* The best of several answers of a rank. */
static hl_clock_offset ask(const hl_group *g, int rank, double (*clock)(void))
{
    hl_clock_offset best = {.bound = INFINITY};
    for (int i = 0; i < QUESTIONS; i++) {
        double theirs = 0, before = clock();
        send(g, &before, 1, rank);
        receive(g, &theirs, 1, rank);
        const double after = clock();
        if ((after - before) / 2 < best.bound)
            best = (hl_clock_offset){.offset = (before + after) / 2 - theirs, .bound = (after - before) / 2};
    }
    return best;
}

static void answer(const hl_group *g, double (*clock)(void))
{
    for (int i = 0; i < QUESTIONS; i++) {
        double question;
        receive(g, &question, 1, 0);
        const double now = clock();
        send(g, &now, 1, 0);
    }
}

void hl_clocks_compare(hl_clock_offset *out, const hl_group *g, double (*clock)(void))
{
    double told[2];
    *out = (hl_clock_offset){0};
    hl_group_enter(g, HL_WAITS_RECEIVE);
    for (int r = 1; g->rank == 0 && r < g->size; r++) {
        const hl_clock_offset theirs = ask(g, r, clock);
        send(g, (const double[2]){theirs.offset, theirs.bound}, 2, r);
    }
    if (g->rank > 0) {
        answer(g, clock);
        receive(g, told, 2, 0);
        *out = (hl_clock_offset){fabs(told[0]) <= told[1] ? 0 : told[0], told[1]};
    }
    hl_group_leave();
}
