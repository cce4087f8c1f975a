/* layernorm-part.h - layer norm of rows that several ranks hold together, some columns each.
 *
 * As rmsnorm-part.h: rows are D wide, C of the columns are here, and the caller adds the sums over the ranks in
 * between.  Weights are at w (C), biases at w + D; the same of dw.  kept (T, 2): 1 / sqrt(...) and the mean. */
#ifndef MATH_LAYERNORM_PART_H
#define MATH_LAYERNORM_PART_H

/* sums (T, 2) = of my columns of x (T, C) and of their squares. */
void hl_layernorm_part_sums(double *sums, const float *x, int T, int C);

/* y (T, C), given the sums of all columns; kept is written. */
void hl_layernorm_part_forward(float *y, float *kept, const double *sums, const float *x, const float *w, int T, int C,
                               int D, float eps);

/* along (T, 2) = sums over my columns of g z and of g = w dy (layernorm.c). */
void hl_layernorm_part_along(double *along, const float *dy, const float *x, const float *w, const float *kept, int T,
                             int C);

/* dx (T, C) += ..., dw += ..., given what lies along all columns. */
void hl_layernorm_part_backward(float *dx, float *dw, const double *along, const float *dy, const float *x,
                                const float *w, const float *kept, int T, int C, int D);

#endif
