/* calibrate-numbers.c - passes over long arrays, and the loss: coefficients of step/machine.h. */
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

/* Each of n numbers, in one array of 4 n. */
typedef struct {
    float *w, *m, *v, *g;
    size_t n;
    double sum;
} arrays;

enum { ARRAYS = 4 };

static void update(void *self)
{
    arrays *a = self;
    const hl_adamw how = {1e-4, 0.9, 0.999, 1e-8, 0.01, 10, 1};
    hl_adamw_step(a->w, a->m, a->v, a->g, a->n, &how);
}

static void squares(void *self)
{
    arrays *a = self;
    a->sum += hl_rows_sum_of_squares(a->w, ARRAYS * a->n);
}

static void clear(void *self)
{
    arrays *a = self;
    memset(a->w, 0, ARRAYS * a->n * sizeof *a->w);
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
    static const struct {
        void (*act)(void *self);
        int arrays; /* that it goes over, of which a cache holds none when they are used again */
    } pass[HL_NUMBERS] = {[HL_NUMBERS_UPDATE] = {update, 1},
                          [HL_NUMBERS_SQUARES] = {squares, ARRAYS},
                          [HL_NUMBERS_CLEAR] = {clear, ARRAYS},
                          [HL_NUMBERS_READ] = {read_rows, 1},
                          [HL_NUMBERS_ADD] = {add_rows, 1}};
    const size_t n = hl_meter_numbers(m) / ARRAYS;
    float *all = hl_meter_array(ARRAYS * n);
    arrays a = {all, all + n, all + 2 * n, all + 3 * n, n, 0};
    for (int i = 0; i < HL_NUMBERS; i++) {
        hl_meter_fill(all, ARRAYS * n);
        fit->numbers[i] = hl_meter_seconds(m, pass[i].act, &a) / (double)((size_t)pass[i].arrays * n);
    }
    free(all);
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
