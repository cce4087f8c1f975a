/* fold.c - the order in which parts of a sum are added: a binary tree, whoever has the leaves. */
#include "base/fold.h"
#include "base/error.h"

/* The largest power of two that is not above p. */
static int power_below(int p)
{
    int k = 1;
    while (2 * k <= p) k *= 2;
    return k;
}

/* The tree of p owners has power_below(p) branches of one size, of which the first few are shared by two owners. */
int hl_fold_begin(int leaves, int p, int r)
{
    HL_CHECK(hl_fold_fits(leaves) && p <= leaves);
    const int branches = power_below(p), twice = p - branches, size = leaves / branches;
    return r < 2 * twice ? r * (size / 2) : (r - twice) * size;
}

int hl_fold_owner(int leaves, int p, int leaf)
{
    int r = 0;
    while (hl_fold_begin(leaves, p, r + 1) <= leaf) r++;
    return r;
}

int hl_fold_waiting(int leaves)
{
    int n = 0;
    for (; leaves > 1; leaves /= 2) n++;
    return n;
}

int hl_fold_left(int p)
{
    const int half = power_below(p) / 2, twice = p - 2 * half;
    return half + (twice < half ? twice : half);
}

void hl_fold(void *x, int p, size_t stride, size_t n, hl_combine combine)
{
    if (p < 2 || n == 0) return;
    const int left = hl_fold_left(p);
    char *right = (char *)x + (size_t)left * stride;
    hl_fold(x, left, stride, n, combine);
    hl_fold(right, p - left, stride, n, combine);
    combine(x, right, n);
}

bool hl_fold_meets_first(int a, int b, int c)
{
    const int below = a ^ b, above = b ^ c;
    return below < above && below < (below ^ above); /* the highest bit of `above` is higher */
}

void hl_fold_floats(void *into, const void *from, size_t n)
{
    float *restrict y = into;
    const float *restrict x = from;
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}
