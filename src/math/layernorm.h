/* layernorm.h - layer norm (Ba, Kiros, Hinton, arXiv 1607.06450), as in BERT.
 *
 * w has the weights (D) and behind them the biases (D), and so has dw.  The arguments are those of rmsnorm.h, but that
 * kept (T, 2) has a row's 1 / sqrt(variance + eps) and its mean. */
#ifndef MATH_LAYERNORM_H
#define MATH_LAYERNORM_H

/* y (T, D) = w (x - mean) / sqrt(variance + eps) + b. */
void hl_layernorm_forward(float *y, float *kept, const float *x, const float *w, int T, int D, float eps);

/* The same y, from what has been kept, of C columns that are here of D: the first of them are at x, at w, and the
 * biases at w + D. */
void hl_layernorm_again(float *y, const float *kept, const float *x, const float *w, int T, int C, int D);

/* dx (T, D) += ..., dw (2 D) += ...; dw may be NULL. */
void hl_layernorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *kept,
                           int T, int D);

#endif
