/* fold.c - the order in which parts of a sum are added: a binary tree, whoever has the leaves. */
#include "base/fold.h"
#include "base/error.h"
#include "base/minmax.h"

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
    int r = 0, end = p;
    while (end - r > 1) { /* it is one of [r, end) */
        const int middle = r + (end - r) / 2;
        if (hl_fold_begin(leaves, p, middle) <= leaf) r = middle;
        else end = middle;
    }
    return r;
}

int hl_fold_left(int p)
{
    const int half = power_below(p) / 2, twice = p - 2 * half;
    return half + hl_min(twice, half);
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

int hl_fold_waiting(const int *leaf, int n)
{
    enum { MOST = 40 }; /* more than an int has bits */
    int wait[MOST], waiting = 0, most = 0;
    for (int i = 1; i < n; i++) {
        if (leaf[i] == leaf[i - 1]) continue;
        wait[waiting++] = leaf[i - 1];
        while (waiting > 1 && hl_fold_meets_first(wait[waiting - 2], wait[waiting - 1], leaf[i])) waiting--;
        if (waiting > most) most = waiting;
    }
    return most;
}
