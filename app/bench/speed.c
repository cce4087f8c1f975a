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

static double flops_now(const hl_speed *s)
{
    const double began = hl_seconds();
    for (int i = 0; i < s->calls; i++) hl_linear_forward(s->y, s->x, s->w, s->rows, WIDTH, WIDTH);
    return 2.0 * s->calls * s->rows * WIDTH * WIDTH / (hl_seconds() - began);
}

/* The mean over the ranks of what each reaches in a tenth of its tries. */
static double find_reference(const hl_speed *s, const hl_group *ranks)
{
    double x[FIRST];
    hl_group_barrier(ranks);
    for (int i = 0; i < FIRST; i++) x[i] = flops_now(s);
    hl_sorted_make(x, FIRST);
    double mean = x[9 * FIRST / 10] / ranks->size;
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

double hl_speed_median_above(const double *x, const double *speed, int n, double least)
{
    double *kept = hl_alloc((size_t)n * sizeof *kept);
    int fast = 0;
    for (int i = 0; i < n; i++)
        if (speed[i] > least) kept[fast++] = x[i];
    const double median = hl_sorted_median(kept, fast);
    free(kept);
    return median;
}

double hl_speed_median(const double *x, const double *speed, int n)
{
    double *sorted = hl_alloc((size_t)n * sizeof *sorted);
    memcpy(sorted, speed, (size_t)n * sizeof *sorted);
    hl_sorted_make(sorted, n);
    const double least = sorted[n - (n + 2) / 3];
    free(sorted);
    return hl_speed_median_above(x, speed, n, nextafter(least, 0));
}

double hl_speed_quantile(hl_speed *s, double part)
{
    if (s->n == 0) return 1;
    hl_sorted_make(s->seen, s->n);
    return s->seen[hl_min((int)(part * s->n), s->n - 1)];
}
