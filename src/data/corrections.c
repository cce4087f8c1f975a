/* corrections.c - p-values of several tests together. */
#include "data/corrections.h"
#include "base/alloc.h"
#include "base/minmax.h"
#include <stdlib.h>

typedef struct {
    double p;
    int at;
} entry;

static int ascending(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static entry *sorted(const double *p, int n)
{
    entry *e = hl_alloc((size_t)n * sizeof *e);
    for (int i = 0; i < n; i++) e[i] = (entry){p[i], i};
    qsort(e, (size_t)n, sizeof *e, ascending);
    return e;
}

void hl_correct_holm(double *adjusted, const double *p, int n)
{
    entry *e = sorted(p, n);
    double so_far = 0;
    for (int i = 0; i < n; i++) adjusted[e[i].at] = so_far = hl_max(so_far, hl_min(1.0, (n - i) * e[i].p));
    free(e);
}

void hl_correct_benjamini_hochberg(double *adjusted, const double *p, int n)
{
    entry *e = sorted(p, n);
    double so_far = 1;
    for (int i = n - 1; i >= 0; i--) adjusted[e[i].at] = so_far = hl_min(so_far, (double)n / (i + 1) * e[i].p);
    free(e);
}
