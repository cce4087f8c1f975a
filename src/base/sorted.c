/* sorted.c - numbers in ascending order, and the one in the middle. */
#include "base/sorted.h"
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void hl_sorted_make(double *x, int n) { qsort(x, (size_t)n, sizeof *x, ascending); }

double hl_sorted_median(double *x, int n)
{
    hl_sorted_make(x, n);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}
