/* fit.h - seconds as a sum of coefficients, none below 0, times what is counted: the least relative errors. */
#ifndef APP_BENCH_FIT_H
#define APP_BENCH_FIT_H

enum { HL_FIT_TERMS = 6 };

/* a (terms): that for which sum over i of ((sum over t of a[t] x[i, t] - y[i]) / scale[i])^2 is least; x (n, terms),
 * y (n), scale (n) above 0: what errors are relative to.  Terms that would be below 0 are 0. */
void hl_fit(double *a, const double *x, const double *y, const double *scale, int n, int terms);

#endif
