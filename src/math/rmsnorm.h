/* rmsnorm.h - root mean square layer norm (Zhang, Sennrich, arXiv 1910.07467), as in Llama. */
#ifndef MATH_RMSNORM_H
#define MATH_RMSNORM_H

/* y (T, D) = w * x / sqrt(mean(x^2) + eps), w (D).  rstd (T) keeps 1 / sqrt(...) for the backward. */
void hl_rmsnorm_forward(float *y, float *rstd, const float *x, const float *w, int T, int D, float eps);

/* The same y, from what has been kept: one pass, no sum. */
void hl_rmsnorm_again(float *y, const float *rstd, const float *x, const float *w, int T, int D);

/* dx (T, D) += ..., dw (D) += ...; dw may be NULL. */
void hl_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                         int T, int D);

#endif
