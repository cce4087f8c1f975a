/* part.h - divide n things over p owners: the one place that does.
 *
 * Owner r has the contiguous things [hl_part_begin(n, p, r), hl_part_begin(n, p, r + 1)); sizes
 * differ by at most one, larger shares first; with n < p the last owners have none. */
#ifndef BASE_PART_H
#define BASE_PART_H
#include "base/arena.h"
#include <stdint.h>

int64_t hl_part_begin(int64_t n, int p, int r);
int64_t hl_part_count(int64_t n, int p, int r);

/* Who has thing i (0 <= i < n). */
int hl_part_owner(int64_t n, int p, int64_t i);

/* Give n things of the given costs to p owners, the costliest first to whoever has least so far
 * (longest processing time first); ties go to the lower index on both sides.
 * owner (n): filled; O(n log n + n log p). */
void hl_part_by_cost(int *owner, const double *cost, int n, int p, hl_arena *scratch);

/* The same where owners have something to do already: load (p), to which what they get is added. */
void hl_part_by_cost_after(int *owner, double *load, const double *cost, int n, int p, hl_arena *scratch);

/* Cut n things in a row into p runs (p <= n), none empty, so that the costliest run costs least; of equal cuts the
 * one whose first runs are longest.  begin (p + 1): filled. */
void hl_part_run(int *begin, const double *cost, int n, int p);

#endif
