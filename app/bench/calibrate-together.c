/* calibrate-together.c - what ranks do together, by the bytes of a call: curves of step/machine.h.
 *
 * Calls follow each other over the same numbers.  Short arrays then are in a cache, as activations are that have just
 * been computed.  Weights and gradients come from memory: there each call begins where the last one ended, in an array
 * that no cache holds.  Ranks of one node, and ranks of several, have curves of their own. */
#include "app/bench/calibrate-model.h"
#include "base/arena.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const hl_group *g;
    float *x, *y;
    size_t n, *block, all, at; /* numbers of a call; of x; where the next call begins in x */
    int *count, *begin;
} together;

static void sum_up(void *self)
{
    together *t = self;
    hl_group_all_reduce(t->g, t->x, t->n);
}

static void scatter(void *self)
{
    together *t = self;
    hl_group_reduce_scatter(t->g, t->x, t->block);
}

static void gather(void *self)
{
    together *t = self;
    hl_group_all_gather_blocks(t->g, t->x, t->block);
}

/* From memory: the numbers that were used longest ago. */
static float *next_numbers(together *t)
{
    if (t->at + t->n > t->all) t->at = 0;
    float *x = t->x + t->at;
    t->at += t->n;
    return x;
}

static void sum_weights(void *self)
{
    together *t = self;
    hl_group_all_reduce(t->g, next_numbers(t), t->n);
}

static void scatter_weights(void *self)
{
    together *t = self;
    hl_group_reduce_scatter(t->g, next_numbers(t), t->block);
}

static void gather_weights(void *self)
{
    together *t = self;
    hl_group_all_gather_blocks(t->g, next_numbers(t), t->block);
}

static void exchange(void *self)
{
    together *t = self;
    hl_group_all_to_all(t->g, t->y, t->count, t->begin, t->x, t->count, t->begin, sizeof(float));
}

static void broadcast(void *self)
{
    together *t = self;
    hl_group_broadcast(t->g, t->x, t->n * sizeof *t->x, 0);
}

/* There and back between the first two ranks, in equal parts of the array; others wait. */
static void pass_on(void *self)
{
    together *t = self;
    const int bytes = (int)(t->n * sizeof *t->x), me = t->g->rank, other = 1 - me;
    if (me > 1) return;
    if (me == 0) MPI_Send(t->x, bytes, MPI_BYTE, other, 0, t->g->comm);
    MPI_Recv(t->y, bytes, MPI_BYTE, other, 0, t->g->comm, MPI_STATUS_IGNORE);
    if (me == 1) MPI_Send(t->x, bytes, MPI_BYTE, other, 0, t->g->comm);
}

static void cut(together *t, size_t n)
{
    const size_t p = (size_t)t->g->size;
    t->n = n;
    for (size_t r = 0; r <= p; r++) t->block[r] = n / p * r;
    for (size_t r = 0; r < p; r++) t->count[r] = (int)(n / p), t->begin[r] = (int)(n / p * r);
}

/* What others do to the wires and the memory lasts for seconds, and no product beside it tells: all is measured in
 * several courses, and their mean taken. */
enum { SIZES_QUICK = 4, LEAST = 64, TIMES = 4, COURSES = 3 };

static int sizes_of(const hl_meter *m) { return m->quick ? SIZES_QUICK : HL_TOGETHER_SIZES; }

/* A number for each rank at least. */
static size_t first_size(int p) { return (size_t)hl_max(LEAST, p); }

/* The sum of squares of what each size but the first and the last is beside a straight line between its neighbours. */
static double off_the_lines(const hl_together_curve *c)
{
    double squares = 0;
    for (int i = 1; i < c->n - 1; i++) {
        const double part = (c->sent[i] - c->sent[i - 1]) / (c->sent[i + 1] - c->sent[i - 1]),
                     line = c->seconds[i - 1] + part * (c->seconds[i + 1] - c->seconds[i - 1]);
        squares += pow(line / c->seconds[i] - 1, 2) / (c->n - 2);
    }
    return squares;
}

static void sample_together(hl_together_curve *c, const hl_meter *m, together *t, hl_together what,
                            void (*act)(void *self))
{
    const int p = t->g->size;
    size_t n = first_size(p);
    c->n = sizes_of(m);
    c->rounds = what == HL_TOGETHER_MESSAGE ? 1 : ceil(log2(p));
    for (int i = 0; i < c->n; i++, n *= TIMES) {
        cut(t, n);
        c->seconds[i] += hl_meter_seconds(m, act, t) / (what == HL_TOGETHER_MESSAGE ? 2 : 1) / m->times;
        c->sent[i] = hl_machine_sent(what, (double)n * sizeof *t->x, p);
    }
}

/* All kinds, among the ranks of a group; the mean of how far they are off the lines, as a square. */
static double sample_group(hl_together_curve c[HL_TOGETHERS], const hl_meter *m, const hl_group *g)
{
    static void (*const act[HL_TOGETHERS])(void *self) = {[HL_TOGETHER_SUM] = sum_up,
                                                          [HL_TOGETHER_SCATTER] = scatter,
                                                          [HL_TOGETHER_GATHER] = gather,
                                                          [HL_TOGETHER_WEIGHTS_SUM] = sum_weights,
                                                          [HL_TOGETHER_WEIGHTS_SCATTER] = scatter_weights,
                                                          [HL_TOGETHER_WEIGHTS_GATHER] = gather_weights,
                                                          [HL_TOGETHER_EXCHANGE] = exchange,
                                                          [HL_TOGETHER_BROADCAST] = broadcast,
                                                          [HL_TOGETHER_MESSAGE] = pass_on};
    const int p = g->size;
    size_t most = first_size(p);
    double squares = 0;
    for (int i = 1; i < sizes_of(m); i++) most *= TIMES;
    together t = {.g = g,
                  .x = hl_meter_array(most),
                  .all = most,
                  .y = hl_meter_array(most),
                  .block = hl_alloc((size_t)(p + 1) * sizeof *t.block),
                  .count = hl_alloc((size_t)p * sizeof *t.count),
                  .begin = hl_alloc((size_t)p * sizeof *t.begin)};
    memset(c, 0, HL_TOGETHERS * sizeof *c);
    for (int k = 0; k < m->times; k++)
        for (int i = 0; i < HL_TOGETHERS; i++) {
            hl_meter_fill(t.x, most);
            sample_together(&c[i], m, &t, (hl_together)i, act[i]);
        }
    for (int i = 0; i < HL_TOGETHERS; i++) squares += off_the_lines(&c[i]) / HL_TOGETHERS;
    free(t.begin);
    free(t.count);
    free(t.block);
    free(t.y);
    free(t.x);
    return squares;
}

/* The ranks of each node, and those that are each the first, the second ... of theirs.  All these groups work at once,
 * as in a job. */
double hl_calibrate_together(hl_coefficients *fit, const hl_meter *meter)
{
    hl_meter m = *meter;
    hl_group group[HL_WIRE_LEVELS];
    double squares = 0;
    int levels = 0;
    m.times = COURSES;
    hl_group_split_node(&group[HL_WIRE_NODE], m.ranks);
    hl_group_split(&group[HL_WIRE_NETWORK], m.ranks, group[HL_WIRE_NODE].rank);
    for (int level = 0; level < HL_WIRE_LEVELS; level++) {
        if (group[level].size == 1) continue;
        squares += sample_group(fit->together[level], &m, &group[level]);
        levels++;
    }
    for (int level = HL_WIRE_LEVELS - 1; level >= 0; level--) hl_group_close(&group[level]);
    return levels ? sqrt(squares / levels) : 0;
}
