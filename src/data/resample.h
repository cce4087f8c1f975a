/* resample.h - how sure means over users are: what they would be with other users, or if two models were alike.
 *
 * Several series are treated together, so that all see the same users: x (users, S) has a row of S values a user.  What
 * a resample draws follows from (seed, its number) alone, so resamples can be shared out, and more of them begin with
 * the fewer. */
#ifndef DATA_RESAMPLE_H
#define DATA_RESAMPLE_H
#include <stdint.h>

/* means (n, S): of the resamples first ... first + n - 1, each of as many users, drawn with replacement: the bootstrap
 * (Efron, Bootstrap Methods: Another Look at the Jackknife, 1979).  users > 0. */
void hl_resample_means(double *means, const double *x, int64_t users, int S, uint64_t seed, int first, int n);

typedef struct {
    double low, high;
} hl_interval;

/* Between which the middle 95 % of `at` (n) are, n >= 40, which are put in order: of means of resamples the percentile
 * interval. */
hl_interval hl_resample_interval(double *at, int n);

/* The paired randomization test (Fisher; Smucker, Allan, Carterette, A Comparison of Statistical Significance Tests for
 * IR Evaluation, CIKM 2007): if two models were alike, each user's difference could as well have the other sign.
 * extreme (S) += how many of the sign flips first ... first + n - 1 of d (users, S) have a sum at least as far from 0
 * as that of d. */
void hl_resample_flips(int64_t *extreme, const double *d, int64_t users, int S, uint64_t seed, int first, int n);

/* The p-value, of two sides, of so many extreme ones of n flips; that of d itself is counted, so that none is 0
 * (Phipson and Smyth, 2010). */
double hl_resample_p(int64_t extreme, int n);

/* The p-value of series s by all sign flips; -1 where more than HL_RESAMPLE_EXACT differences are not 0. */
enum { HL_RESAMPLE_EXACT = 16 };
double hl_resample_exact_p(const double *d, int64_t users, int S, int s);

#endif
