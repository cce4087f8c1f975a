/* rmsnorm-part.h - root mean square layer norm of rows that several ranks hold together, some columns each.
 *
 * Rows are D wide, and C of the columns are here.  What a row needs of the others is one sum forward and one
 * backward; the caller adds these over the ranks in between.  To make y again, hl_rmsnorm_again takes a part as it
 * takes a whole. */
#ifndef MATH_RMSNORM_PART_H
#define MATH_RMSNORM_PART_H

/* squares (T) = sum of squares of my columns of x (T, C). */
void hl_rmsnorm_part_squares(double *squares, const float *x, int T, int C);

/* y (T, C) = w * x / sqrt(mean(x^2) + eps), w (C), given the squares of all columns.  rstd (T) keeps 1 / sqrt(...). */
void hl_rmsnorm_part_forward(float *y, float *rstd, const double *squares, const float *x, const float *w, int T, int C,
                             int D, float eps);

/* along (T) = sum over my columns of x w dy. */
void hl_rmsnorm_part_along(double *along, const float *dy, const float *x, const float *w, int T, int C);

/* dx (T, C) += ..., dw (C) += ..., given what lies along all columns. */
void hl_rmsnorm_part_backward(float *dx, float *dw, const double *along, const float *dy, const float *x,
                              const float *w, const float *rstd, int T, int C, int D);

#endif
