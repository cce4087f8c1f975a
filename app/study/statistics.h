/* statistics.h - what is said of runs that were repeated, and of points that were compared. */
#ifndef APP_STUDY_STATISTICS_H
#define APP_STUDY_STATISTICS_H
#include <stdint.h>

/* The median of x (n), n > 0; the mean of the two in the middle where n is even. */
double hl_statistics_median(const double *x, int n);
double hl_statistics_mean(const double *x, int n);

typedef struct {
    double low, high;
} hl_statistics_interval;

/* Where the median of x (n) is with 95 % confidence: percentiles of the medians of 2000 resamples (Efron, 1979).  The
 * same of the same (seed, which).  NaN with fewer than two numbers, which say nothing of their spread. */
hl_statistics_interval hl_statistics_bootstrap(const double *x, int n, uint64_t seed, uint32_t which);

/* The serial share of the work that explains a speed-up of `speedup` on `times` as many cores, by Amdahl's law (Karp
 * and Flatt, Measuring Parallel Processor Performance, 1990).  NaN for times <= 1.  The work must be the same. */
double hl_statistics_serial_share(double speedup, double times);

#endif
