/* part.c - divide n things over p owners. */
#include "base/part.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    double cost;
    int index;
} weighed;

int64_t hl_part_begin(int64_t n, int p, int r)
{
    int64_t share = n / p, rest = n % p;
    return r * share + (r < rest ? r : rest);
}

int64_t hl_part_count(int64_t n, int p, int r) { return n / p + (r < n % p); }

int hl_part_owner(int64_t n, int p, int64_t i)
{
    int64_t share = n / p, rest = n % p;
    if (i < rest * (share + 1)) return (int)(i / (share + 1));
    return (int)(rest + (i - rest * (share + 1)) / share);
}

static int costliest_first(const void *a, const void *b)
{
    const weighed *x = a, *y = b;
    if (x->cost != y->cost) return x->cost > y->cost ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void hl_part_by_cost_after(int *owner, double *load, const double *cost, int n, int p, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    weighed *w = HL_TAKE(scratch, weighed, n);
    for (int i = 0; i < n; i++) w[i] = (weighed){cost[i], i};
    qsort(w, (size_t)n, sizeof *w, costliest_first);
    for (int i = 0; i < n; i++) {
        int best = 0;
        for (int r = 1; r < p; r++)
            if (load[r] < load[best]) best = r;
        owner[w[i].index] = best;
        load[best] += w[i].cost;
    }
    hl_arena_back(scratch, mark);
}

void hl_part_by_cost(int *owner, const double *cost, int n, int p, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    hl_part_by_cost_after(owner, HL_TAKE_ZERO(scratch, double, p), cost, n, p, scratch);
    hl_arena_back(scratch, mark);
}

/* As long runs as the limit allows, while every later run keeps one thing at least; does it do for all? */
static bool runs_within(int *begin, const double *cost, int n, int p, double limit)
{
    int at = 0;
    begin[0] = 0;
    for (int r = 0; r < p; r++) {
        double sum = 0;
        int last = n - (p - 1 - r); /* leave one for each */
        for (sum = cost[at++]; at < last && sum + cost[at] <= limit; at++) sum += cost[at];
        if (sum > limit) return false;
        begin[r + 1] = at;
    }
    return at == n;
}

/* Some run of neighbours is the costliest: the limits to try are their sums. */
void hl_part_run(int *begin, const double *cost, int n, int p)
{
    double best = -1;
    HL_CHECK(p >= 1 && p <= n);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = i; k < n; k++) {
            sum += cost[k];
            if ((best < 0 || sum < best) && runs_within(begin, cost, n, p, sum)) best = sum;
        }
    }
    HL_CHECK(best >= 0 && runs_within(begin, cost, n, p, best));
}
