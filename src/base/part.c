/* part.c - divide n things over p owners. */
#include "base/part.h"
#include "base/error.h"
#include "base/minmax.h"
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    double cost;
    int index;
} weighed;

int64_t hl_part_begin(int64_t n, int p, int r)
{
    int64_t share = n / p, rest = n % p;
    return r * share + hl_min(r, rest);
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

/* Owners as a heap: who has less, and of two that have as much the lower index, stands above. */
typedef struct {
    const double *load;
    int *owner, n;
} heap;

static bool stands_above(const heap *h, int a, int b)
{
    return h->load[a] != h->load[b] ? h->load[a] < h->load[b] : a < b;
}

/* The owner at place i has more than before, or is new there. */
static void sink(heap *h, int i)
{
    for (int best = i;; i = best) {
        for (int child = 2 * i + 1; child <= 2 * i + 2 && child < h->n; child++)
            if (stands_above(h, h->owner[child], h->owner[best])) best = child;
        if (best == i) return;
        const int moved = h->owner[i];
        h->owner[i] = h->owner[best];
        h->owner[best] = moved;
    }
}

static heap heap_of(const double *load, int p, hl_arena *scratch)
{
    heap h = {load, HL_TAKE(scratch, int, p), p};
    for (int r = 0; r < p; r++) h.owner[r] = r;
    for (int i = p / 2 - 1; i >= 0; i--) sink(&h, i);
    return h;
}

void hl_part_by_cost_after(int *owner, double *load, const double *cost, int n, int p, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    weighed *w = HL_TAKE(scratch, weighed, n);
    for (int i = 0; i < n; i++) w[i] = (weighed){cost[i], i};
    qsort(w, (size_t)n, sizeof *w, costliest_first);
    heap h = heap_of(load, p, scratch);
    for (int i = 0; i < n; i++) {
        const int least = h.owner[0];
        owner[w[i].index] = least;
        load[least] += w[i].cost;
        sink(&h, 0);
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
