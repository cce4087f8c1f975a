/* count.h - how many scores of a row lie above a threshold: ranking without sorting. */
#ifndef MATH_COUNT_H
#define MATH_COUNT_H
#include <stdbool.h>
#include <stdint.h>

/* A score that is not a number stands above all, and all stand above a threshold that is none: the target is a miss. */
static inline bool hl_count_is_above(float score, float high) { return !(score <= high); }

/* scores (M, N) row-major; column n stands for weight[n] things and is multiplied by scale[n] in place first.
 * above[m] += weights of the columns above threshold[m] + margin; equal[m] += those within the margin. */
void hl_count_scores(int64_t *above, int64_t *equal, float *scores, const float *scale, const int *weight,
                     const float *threshold, float margin, int M, int N);

/* above += how many of score (n) lie above high, equal += how many lie within [low, high]. */
void hl_count_doubles(int64_t *above, int64_t *equal, const double *score, double low, double high, int n);

/* The first of scores (n), from number `from` on, within [low, high]; n: none. */
int hl_count_find_near(const float *scores, int from, int n, float low, float high);

#endif
