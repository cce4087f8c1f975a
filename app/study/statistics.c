/* statistics.c - what is said of runs that were repeated, and of points that were compared. */
#include "app/study/statistics.h"
#include "base/arena.h"
#include "base/rng.h"
#include "base/sorted.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 2000 };

double hl_statistics_median(const double *x, int n)
{
    double *copy = hl_alloc((size_t)n * sizeof *copy);
    memcpy(copy, x, (size_t)n * sizeof *copy);
    double m = hl_sorted_median(copy, n);
    free(copy);
    return m;
}

double hl_statistics_mean(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    return sum / n;
}

static double resampled_median(double *scratch, const double *x, int n, hl_rng *r)
{
    for (int i = 0; i < n; i++) scratch[i] = x[hl_rng_below(r, (uint64_t)n)];
    return hl_sorted_median(scratch, n);
}

hl_statistics_interval hl_statistics_bootstrap(const double *x, int n, uint64_t seed, uint32_t which)
{
    if (n < 2) return (hl_statistics_interval){NAN, NAN};
    double *scratch = hl_alloc((size_t)n * sizeof *scratch), medians[RESAMPLES];
    hl_rng r = hl_rng_at(seed, HL_FOR_STUDIES, UINT64_MAX, which); /* no repetition has this number */
    for (int i = 0; i < RESAMPLES; i++) medians[i] = resampled_median(scratch, x, n, &r);
    free(scratch);
    hl_sorted_make(medians, RESAMPLES);
    return (hl_statistics_interval){medians[RESAMPLES * 25 / 1000], medians[RESAMPLES * 975 / 1000 - 1]};
}

/* 1 / speedup = s + (1 - s) / times, solved for s. */
double hl_statistics_serial_share(double speedup, double times)
{
    if (!(times > 1)) return NAN;
    return (1 / speedup - 1 / times) / (1 - 1 / times);
}
