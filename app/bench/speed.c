/* speed.c - how fast a rank computes now: a fixed product, timed beside what is measured. */
#include "app/bench/speed.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "base/sorted.h"
#include "math/linear.h"
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Some milliseconds of a core of 50 GFLOP/s. */
enum { WIDTH = 128, ROWS = 128, CALLS = 48, CALLS_QUICK = 4, FIRST = 200 };

static float *numbers(size_t n)
{
    float *x = hl_alloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = 0.01f + 0.0001f * (float)(i % 97);
    return x;
}

static double flop_of(const hl_speed *s) { return 2.0 * s->calls * s->rows * WIDTH * WIDTH; }

double hl_speed_products(const hl_speed *s, int products)
{
    const double began = hl_seconds();
    for (int i = 0; i < products; i++) hl_linear_forward(s->y, s->x, s->w, s->rows, WIDTH, WIDTH);
    return hl_seconds() - began;
}

static double flops_now(const hl_speed *s) { return flop_of(s) / hl_speed_products(s, s->calls); }

/* The mean over the ranks of what each reaches within a second. */
static double find_reference(const hl_speed *s, const hl_group *ranks)
{
    double x[FIRST];
    hl_group_barrier(ranks);
    for (int i = 0; i < FIRST; i++) x[i] = 1 / flops_now(s);
    double mean = 1 / hl_speed_mean(x, FIRST) / ranks->size;
    hl_group_all_reduce_double(ranks, &mean, 1);
    return mean;
}

void hl_speed_open(hl_speed *s, const hl_group *ranks, double flops, bool quick)
{
    *s = (hl_speed){.rows = ROWS * omp_get_max_threads(), .calls = quick ? CALLS_QUICK : CALLS, .reference = flops};
    s->y = numbers((size_t)s->rows * WIDTH);
    s->x = numbers((size_t)s->rows * WIDTH);
    s->w = numbers((size_t)WIDTH * WIDTH);
    if (flops <= 0) s->reference = find_reference(s, ranks);
    s->seconds = flop_of(s) / s->reference;
}

void hl_speed_close(hl_speed *s)
{
    free(s->seen);
    free(s->w);
    free(s->x);
    free(s->y);
    *s = (hl_speed){0};
}

double hl_speed_now(hl_speed *s)
{
    const double now = flops_now(s) / s->reference;
    HL_RESERVE(s->seen, s->room, s->n + 1);
    s->seen[s->n++] = now;
    return now;
}

double hl_speed_mean(const double *x, int n)
{
    double *sorted = hl_alloc((size_t)n * sizeof *sorted), sum = 0;
    const int kept = n - n / 5;
    memcpy(sorted, x, (size_t)n * sizeof *sorted);
    hl_sorted_make(sorted, n);
    for (int i = 0; i < kept; i++) sum += sorted[i] / kept;
    free(sorted);
    return sum;
}

double hl_speed_since(const hl_speed *s, int seen)
{
    const int n = s->n - seen;
    double *slowness = hl_alloc((size_t)n * sizeof *slowness);
    for (int i = 0; i < n; i++) slowness[i] = 1 / s->seen[seen + i];
    const double speed = 1 / hl_speed_mean(slowness, n);
    free(slowness);
    return speed;
}

double hl_speed_look(hl_speed *s, int times)
{
    const int seen = s->n;
    for (int i = 0; i < times; i++) hl_speed_now(s);
    return hl_speed_since(s, seen);
}

/* Every other one of x (n), from `first` on. */
static double mean_of_half(const double *x, int n, int first)
{
    double *half = hl_alloc((size_t)n * sizeof *half);
    int m = 0;
    for (int i = first; i < n; i += 2) half[m++] = x[i];
    const double mean = hl_speed_mean(half, m);
    free(half);
    return mean;
}

void hl_speed_note(hl_speed *s, const double *x, int n)
{
    const double even = mean_of_half(x, n, 0), odd = mean_of_half(x, n, 1);
    s->squares += pow((even - odd) / (even + odd), 2);
    s->noted++;
}

double hl_speed_repeat(const hl_speed *s) { return s->noted ? sqrt(s->squares / s->noted) : 0; }

double hl_speed_quantile(hl_speed *s, double part)
{
    if (s->n == 0) return 1;
    hl_sorted_make(s->seen, s->n);
    return s->seen[hl_min((int)(part * s->n), s->n - 1)];
}
