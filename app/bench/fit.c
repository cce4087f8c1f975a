/* fit.c - seconds as a sum of coefficients, none below 0, times what is counted: the least relative errors.
 *
 * Least squares under a >= 0 have few terms here, so all sets of terms are tried: of those whose solution is positive
 * the one with the least error is the minimum (Lawson, Hanson: Solving Least Squares Problems, 1974). */
#include "app/bench/fit.h"
#include "base/error.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Of the terms of a set: the normal equations, and what solves them. */
typedef struct {
    int n, term[HL_FIT_TERMS];
    double A[HL_FIT_TERMS][HL_FIT_TERMS + 1];
} equations;

/* Terms differ by many powers of ten: each is measured by its largest value. */
static double unit_of(const double *x, const double *scale, int n, int terms, int term)
{
    double most = 0;
    for (int i = 0; i < n; i++) most = fmax(most, x[i * terms + term] / scale[i]);
    return most > 0 ? most : 1;
}

static equations set_up(const double *x, const double *y, const double *scale, int n, int terms, int set)
{
    equations e = {0};
    for (int t = 0; t < terms; t++)
        if (set >> t & 1) e.term[e.n++] = t;
    for (int i = 0; i < n; i++)
        for (int r = 0; r < e.n; r++) {
            const double xr = x[i * terms + e.term[r]] / scale[i];
            for (int c = 0; c < e.n; c++) e.A[r][c] += xr * x[i * terms + e.term[c]] / scale[i];
            e.A[r][e.n] += xr * y[i] / scale[i];
        }
    return e;
}

/* By elimination; false where terms go together. */
static bool solve(double *a, equations *e, const double *unit)
{
    for (int r = 0; r < e->n; r++)
        for (int c = 0; c <= e->n; c++) e->A[r][c] /= unit[e->term[r]] * (c < e->n ? unit[e->term[c]] : 1);
    for (int k = 0; k < e->n; k++) {
        if (e->A[k][k] < 1e-12) return false;
        for (int r = 0; r < e->n; r++) {
            const double f = e->A[r][k] / e->A[k][k];
            for (int c = k; c <= e->n && r != k; c++) e->A[r][c] -= f * e->A[k][c];
        }
    }
    for (int k = 0; k < e->n; k++) a[e->term[k]] = e->A[k][e->n] / e->A[k][k] / unit[e->term[k]];
    return true;
}

static double error_of(const double *a, const double *x, const double *y, const double *scale, int n, int terms)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double off = -y[i];
        for (int t = 0; t < terms; t++) off += a[t] * x[i * terms + t];
        sum += off / scale[i] * (off / scale[i]);
    }
    return sum;
}

static bool is_positive(const double *a, int terms)
{
    for (int t = 0; t < terms; t++)
        if (a[t] < 0) return false;
    return true;
}

void hl_fit(double *a, const double *x, const double *y, const double *scale, int n, int terms)
{
    double unit[HL_FIT_TERMS], least = INFINITY;
    HL_CHECK(terms <= HL_FIT_TERMS);
    for (int t = 0; t < terms; t++) unit[t] = unit_of(x, scale, n, terms, t);
    memset(a, 0, (size_t)terms * sizeof *a);
    for (int set = 0; set < 1 << terms; set++) {
        double mine[HL_FIT_TERMS] = {0};
        equations e = set_up(x, y, scale, n, terms, set);
        if (!solve(mine, &e, unit) || !is_positive(mine, terms)) continue;
        const double error = error_of(mine, x, y, scale, n, terms);
        if (error >= least) continue;
        least = error;
        memcpy(a, mine, (size_t)terms * sizeof *a);
    }
}
