/* calibrate-numbers.c - passes over long arrays, the loss, and what ranks do together: coefficients of step/machine.h.
 */
#include "app/bench/calibrate-model.h"
#include "app/bench/samples.h"
#include "base/arena.h"
#include "math/adamw.h"
#include "math/nce.h"
#include "math/rows.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- passes over numbers that come from memory */

enum { ROW = 256 };

typedef struct {
    float *w, *m, *v, *g;
    size_t n;
    double sum;
} arrays;

static void update(void *self)
{
    arrays *a = self;
    const hl_adamw how = {1e-4, 0.9, 0.999, 1e-8, 0.01, 10, 1};
    hl_adamw_step(a->w, a->m, a->v, a->g, a->n, &how);
}

static void squares(void *self)
{
    arrays *a = self;
    a->sum += hl_rows_sum_of_squares(a->g, a->n);
}

static void clear(void *self)
{
    arrays *a = self;
    memset(a->g, 0, a->n * sizeof *a->g);
}

/* A row here and a row there. */
static size_t row_at(const arrays *a, size_t i) { return i * 7919 % (a->n / ROW) * ROW; }

static void read_rows(void *self)
{
    arrays *a = self;
    for (size_t i = 0; i < a->n / ROW; i++) memcpy(a->v + i * ROW, a->w + row_at(a, i), ROW * sizeof *a->v);
}

static void add_rows(void *self)
{
    arrays *a = self;
    for (size_t i = 0; i < a->n / ROW; i++) hl_add(a->m + row_at(a, i), a->w + i * ROW, ROW);
}

void hl_calibrate_numbers(hl_coefficients *fit, const hl_meter *m)
{
    static void (*const act[HL_NUMBERS])(void *self) = {[HL_NUMBERS_UPDATE] = update,
                                                        [HL_NUMBERS_SQUARES] = squares,
                                                        [HL_NUMBERS_CLEAR] = clear,
                                                        [HL_NUMBERS_READ] = read_rows,
                                                        [HL_NUMBERS_ADD] = add_rows};
    const size_t n = hl_meter_numbers(m) / 4;
    arrays a = {hl_meter_array(n), hl_meter_array(n), hl_meter_array(n), hl_meter_array(n), n, 0};
    for (int i = 0; i < HL_NUMBERS; i++) fit->numbers[i] = hl_meter_seconds(m, act[i], &a) / (double)n;
    free(a.g);
    free(a.v);
    free(a.m);
    free(a.w);
}

/* ---- the loss */

typedef struct {
    hl_contest x;
    hl_nce_part *part;
    float *u, *p, *n, *l0, *multiplicity, *weight, *du, *dn;
    double *state;
    hl_arena scratch;
} contest;

static void descend(void *self)
{
    contest *c = self;
    hl_criterion_nce.backward(c->du, c->dn, c->state, c->weight, &c->x, &c->scratch);
}

static void summarise(void *self)
{
    contest *c = self;
    hl_criterion_nce.forward(c->part, &c->x, &c->scratch);
}

static void sample_loss(double seconds[HL_WAYS], const hl_meter *m, int R, int K, int D)
{
    const size_t rows = (size_t)R, negatives = (size_t)K, width = (size_t)D;
    contest c = {.part = hl_alloc(rows * sizeof *c.part),
                 .u = hl_meter_array(rows * width),
                 .p = hl_meter_array(rows * width),
                 .n = hl_meter_array(negatives * width),
                 .l0 = hl_meter_array(rows),
                 .multiplicity = hl_meter_array(negatives),
                 .weight = hl_meter_array(rows),
                 .du = hl_meter_array(rows * width),
                 .dn = hl_meter_array(negatives * width),
                 .state = hl_alloc_zero(rows, sizeof(double)),
                 .scratch = hl_arena_growing("scratch of a loss")};
    c.x = (hl_contest){R, K, D, c.u, c.p, c.l0, c.n, c.multiplicity, 1, 1e9f, NULL, NULL};
    seconds[HL_FORWARD_WAY] = hl_meter_seconds(m, summarise, &c);
    seconds[HL_BACKWARD_WAY] = hl_meter_seconds(m, descend, &c);
    void *all[] = {c.state, c.dn, c.du, c.weight, c.multiplicity, c.l0, c.n, c.p, c.u, c.part};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
    hl_arena_free(&c.scratch);
}

double hl_calibrate_loss(hl_coefficients *fit, const hl_meter *m)
{
    static const int shape[][3] = {{40, 40, 64}, {160, 128, 128}, {160, 512, 512}, {512, 1024, 128}, {512, 512, 1024}};
    hl_samples s = {.terms = HL_LOSS_TERMS};
    for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
        const double pairs = (double)shape[i][0] * shape[i][1], x[HL_LOSS_TERMS] = {pairs, pairs * shape[i][2]};
        double seconds[HL_WAYS];
        sample_loss(seconds, m, shape[i][0], shape[i][1], shape[i][2]);
        hl_samples_add(&s, x, seconds, seconds);
    }
    return hl_samples_fit(fit->loss[HL_FORWARD_WAY], fit->loss[HL_BACKWARD_WAY], &s);
}

/* ---- ranks together */

typedef struct {
    const hl_group *g;
    float *x, *y;
    size_t n, *block;
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

enum { SIZES_QUICK = 4, LEAST = 64, TIMES = 4 };

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
    *c = (hl_together_curve){.n = sizes_of(m), .rounds = what == HL_TOGETHER_MESSAGE ? 1 : ceil(log2(p))};
    for (int i = 0; i < c->n; i++, n *= TIMES) {
        cut(t, n);
        c->seconds[i] = hl_meter_seconds(m, act, t) / (what == HL_TOGETHER_MESSAGE ? 2 : 1);
        c->sent[i] = hl_machine_sent(what, (double)n * sizeof *t->x, p);
    }
}

double hl_calibrate_together(hl_coefficients *fit, const hl_meter *m)
{
    static void (*const act[HL_TOGETHERS])(void *self) = {
        [HL_TOGETHER_SUM] = sum_up,        [HL_TOGETHER_SCATTER] = scatter,     [HL_TOGETHER_GATHER] = gather,
        [HL_TOGETHER_EXCHANGE] = exchange, [HL_TOGETHER_BROADCAST] = broadcast, [HL_TOGETHER_MESSAGE] = pass_on};
    const int p = m->ranks->size;
    size_t most = first_size(p);
    double squares = 0;
    if (p == 1) return 0;
    for (int i = 1; i < sizes_of(m); i++) most *= TIMES;
    together t = {.g = m->ranks,
                  .x = hl_meter_array(most),
                  .y = hl_meter_array(most),
                  .block = hl_alloc((size_t)(p + 1) * sizeof *t.block),
                  .count = hl_alloc((size_t)p * sizeof *t.count),
                  .begin = hl_alloc((size_t)p * sizeof *t.begin)};
    for (int i = 0; i < HL_TOGETHERS; i++) {
        hl_meter_fill(t.x, most);
        sample_together(&fit->together[i], m, &t, (hl_together)i, act[i]);
        squares += off_the_lines(&fit->together[i]);
    }
    free(t.begin);
    free(t.count);
    free(t.block);
    free(t.y);
    free(t.x);
    return sqrt(squares / HL_TOGETHERS);
}
