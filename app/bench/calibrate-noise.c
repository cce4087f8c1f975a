/* calibrate-noise.c - how late the slowest rank is by chance: the curve of step/noise.h.
 *
 * All ranks do the same fixed products in short blocks and meet after each of them.  Sums of 1, 4, 16, ... blocks are
 * what ranks take for longer work, so one course of blocks gives all sizes.  It has stretches as long as a step; the
 * slowest fifth of the stretches is left out, as it is of steps. */
#include "app/bench/calibrate-model.h"
#include "base/arena.h"
#include "base/sorted.h"
#include <stdlib.h>
#include <string.h>

enum { PRODUCTS = 4, LONGER = 4, STRETCHES = 20, STRETCHES_QUICK = 3, SIZES_QUICK = 2 };

static const double LEAST = 1e-6; /* of a share, which has a logarithm */

static void take_larger(void *into, const void *from, size_t n)
{
    double *x = into;
    const double *y = from;
    for (size_t i = 0; i < n; i++) x[i] = hl_max(x[i], y[i]);
}

/* Neighbours become sums. */
static int make_longer(double *x, int n)
{
    for (int i = 0; i < n / LONGER; i++) {
        double sum = 0;
        for (int k = 0; k < LONGER; k++) sum += x[i * LONGER + k];
        x[i] = sum;
    }
    return n / LONGER;
}

static double sum_of(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    return sum;
}

/* slowest, mean (n): of ranks, in each of n pieces of work; the mean over the stretches. */
static double mean_share(const double *slowest, const double *mean, int n, int stretches)
{
    double *late = hl_alloc((size_t)stretches * sizeof *late);
    const int each = n / stretches;
    for (int s = 0; s < stretches; s++) late[s] = sum_of(slowest + s * each, each) / sum_of(mean + s * each, each);
    const double share = hl_speed_mean(late, stretches) - 1;
    free(late);
    return share;
}

/* What 99 of 100 pieces of work are below. */
static double largest_share(double *slowest, const double *mean, int n)
{
    const double usual = sum_of(mean, n) / n;
    hl_sorted_make(slowest, n);
    return slowest[(int)(0.99 * n)] / usual - 1;
}

/* own (n): seconds of this rank. */
static void find_shares(hl_noise *c, int size, const double *own, int n, int stretches, const hl_group *ranks)
{
    double *slowest = hl_alloc((size_t)n * sizeof *slowest), *mean = hl_alloc((size_t)n * sizeof *mean);
    memcpy(slowest, own, (size_t)n * sizeof *own);
    memcpy(mean, own, (size_t)n * sizeof *own);
    hl_group_all_reduce_with(ranks, slowest, (size_t)n, sizeof *slowest, take_larger);
    hl_group_all_reduce_double(ranks, mean, (size_t)n);
    for (int i = 0; i < n; i++) mean[i] /= ranks->size;
    c->seconds[size] = sum_of(mean, n) / n;
    c->share[size] = hl_max(mean_share(slowest, mean, n, stretches), LEAST);
    c->most[size] = hl_max(largest_share(slowest, mean, n), c->share[size]);
    free(mean);
    free(slowest);
}

void hl_calibrate_noise(hl_noise *c, const hl_meter *m)
{
    const int stretches = m->quick ? STRETCHES_QUICK : STRETCHES;
    int n = stretches;
    *c = (hl_noise){.n = m->quick ? SIZES_QUICK : HL_NOISE_SIZES, .ranks = m->ranks->size};
    for (int i = 1; i < c->n; i++) n *= LONGER;
    double *own = hl_alloc((size_t)n * sizeof *own);
    for (int i = 0; i < n; i++) {
        hl_group_barrier(m->ranks);
        own[i] = hl_speed_products(m->speed, PRODUCTS);
    }
    for (int i = 0; i < c->n; i++) {
        find_shares(c, i, own, n, stretches, m->ranks);
        n = make_longer(own, n);
    }
    free(own);
}
