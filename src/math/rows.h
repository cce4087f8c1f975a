/* rows.h - small acts on rows: gather, scatter, add, mean, unit length. */
#ifndef MATH_ROWS_H
#define MATH_ROWS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of so many rows. */
static inline size_t hl_rows_numbers(int rows, int columns) { return (size_t)rows * (size_t)columns; }

/* y (n, D) = table rows at index (n). */
void hl_rows_gather(float *y, const float *table, const int *index, int n, int D);

/* table rows at index (n) += y (n, D), in the order of n (an index may repeat). */
void hl_rows_scatter_add(float *table, const float *y, const int *index, int n, int D);

/* y (segments, D) = mean of x's rows [begin[s], begin[s + 1]); an empty segment gives zeros. */
void hl_rows_mean_forward(float *y, const float *x, const int *begin, int segments, int D);
/* dx (T, D) is overwritten. */
void hl_rows_mean_backward(float *dx, const float *dy, const int *begin, int segments, int D);

/* y (n, D) = x / |x|, norm (n) = |x|.  A zero row has no direction: it stays zero (the public code gives NaN). */
void hl_rows_unit_forward(float *y, float *norm, const float *x, int n, int D);
/* dx (n, D) += (dy - y (y . dy)) / norm; nothing where norm is 0. */
void hl_rows_unit_backward(float *dx, const float *dy, const float *y, const float *norm, int n, int D);

/* y (n) = dot product of row i of a with row i of b, both (n, D). */
void hl_rows_dot(float *y, const float *a, const float *b, int n, int D);

/* y (n) += x (n). */
void hl_add(float *y, const float *x, size_t n);

/* The same, and x becomes zero. */
void hl_rows_add_and_clear(float *y, float *x, size_t n);

/* Are x (D) and y (D) equal but for rounding, which is another one in another product? */
bool hl_rows_are_alike(const float *x, const float *y, int D);

/* Sum of squares in double, in a fixed order. */
double hl_rows_sum_of_squares(const float *x, size_t n);

/* Is every number of x finite? */
int hl_rows_are_finite(const float *x, size_t n);

/* The first of n rows of x (n, D), from row `from` on, whose squares do not add up to a finite number: one of its
 * numbers is not finite, or it is too long for products of two rows.  n: none. */
int hl_rows_find_odd(const float *x, int from, int n, int D);

#endif
