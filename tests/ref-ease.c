/* ref-ease.c - the slow twin of dealt matrices and of EASE: whole matrices, plain loops, double. */
#include "tests/ref-ease.h"
#include "base/arena.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void identity(double *y, int n)
{
    for (int i = 0; i < n * n; i++) y[i] = i % (n + 1) == 0;
}

static void subtract(double *row, const double *from, double times, int n)
{
    for (int k = 0; k < n; k++) row[k] -= times * from[k];
}

void ref_inverse(double *y, const double *a, int n)
{
    double *x = hl_alloc((size_t)(n * n) * sizeof *x);
    memcpy(x, a, (size_t)(n * n) * sizeof *x);
    identity(y, n);
    for (int j = 0; j < n; j++) {
        double pivot = x[j * n + j];
        for (int k = 0; k < n; k++) x[j * n + k] /= pivot, y[j * n + k] /= pivot;
        for (int i = 0; i < n; i++) {
            double times = x[i * n + j];
            if (i == j || times == 0) continue;
            subtract(x + i * n, x + j * n, times, n);
            subtract(y + i * n, y + j * n, times, n);
        }
    }
    free(x);
}

/* Turn the plane of axes i and j so that a_ij becomes zero. */
static void rotate(double *a, int n, int i, int j)
{
    if (a[i * n + j] == 0) return;
    double angle = 0.5 * atan2(2 * a[i * n + j], a[i * n + i] - a[j * n + j]), c = cos(angle), s = sin(angle);
    for (int k = 0; k < n; k++) {
        double x = a[i * n + k], y = a[j * n + k];
        a[i * n + k] = c * x + s * y, a[j * n + k] = c * y - s * x;
    }
    for (int k = 0; k < n; k++) {
        double x = a[k * n + i], y = a[k * n + j];
        a[k * n + i] = c * x + s * y, a[k * n + j] = c * y - s * x;
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void ref_eigenvalues(double *value, const double *a, int n)
{
    double *x = hl_alloc((size_t)(n * n) * sizeof *x);
    memcpy(x, a, (size_t)(n * n) * sizeof *x);
    for (int sweep = 0; sweep < 20; sweep++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) rotate(x, n, i, j);
    for (int i = 0; i < n; i++) value[i] = x[i * n + i];
    qsort(value, (size_t)n, sizeof *value, ascending);
    free(x);
}

static bool has(const int32_t *items, int n, int32_t item)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item) return true;
    return false;
}

void ref_gram(double *g, const hl_corpus *c)
{
    int n = (int)c->items - 1;
    memset(g, 0, (size_t)(n * n) * sizeof *g);
    for (int64_t u = 0; u < c->users; u++) {
        int length;
        const int32_t *items = c->sequence(c, u, &length);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n && has(items, length - 2, i + 1); j++) g[i * n + j] += has(items, length - 2, j + 1);
    }
}

void ref_ease(double *b, const hl_corpus *c, double l2)
{
    int n = (int)c->items - 1;
    double *g = hl_alloc((size_t)(n * n) * sizeof *g), *p = hl_alloc((size_t)(n * n) * sizeof *p);
    ref_gram(g, c);
    for (int i = 0; i < n; i++) g[i * n + i] += l2;
    ref_inverse(p, g, n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) b[i * n + j] = i == j ? 0 : -p[i * n + j] / p[j * n + j];
    free(g);
    free(p);
}

static double score(const double *b, int n, const int32_t *history, int length, int j)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        if (has(history, length, i + 1)) sum += b[i * n + j];
    return sum;
}

int64_t ref_ease_rank(int64_t *ties, const double *b, const hl_corpus *c, int64_t user, hl_phase phase, int masked,
                      double margin)
{
    const int32_t *history;
    int length, n = (int)c->items - 1;
    int64_t rank = 1;
    int32_t target = hl_phase_target(c, user, phase, &history, &length);
    *ties = 0;
    const int left_out = masked < length ? masked : length;
    const int32_t *gone = history + length - left_out;
    if (has(gone, left_out, target)) return 0;
    double at = score(b, n, history, length, target - 1);
    for (int j = 0; j < n; j++) {
        if (j == target - 1 || has(gone, left_out, j + 1)) continue;
        double x = score(b, n, history, length, j);
        rank += x > at + margin;
        *ties += fabs(x - at) <= margin;
    }
    return rank;
}
