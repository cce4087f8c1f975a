/* gram.h - the sum of the outer products of rows, in double. */
#ifndef MATH_GRAM_H
#define MATH_GRAM_H
#include "base/arena.h"

/* c (D, D) += y^T y, where row i of y is scale[i] times row i of x (n, D); the lower triangle, the upper one stays. */
void hl_gram_add(double *c, const float *x, const float *scale, int n, int D, hl_arena *scratch);

#endif
