/* head-norm.h - root mean square norm of each head of queries or keys, with one weight for all heads (Qwen3).
 *
 * Heads lie as in rope.h: head h of token t begins at x[t * stride + h * d]. */
#ifndef MATH_HEAD_NORM_H
#define MATH_HEAD_NORM_H

/* x becomes w * x / sqrt(mean(x^2) + eps), w (d), head by head.  kept (T, heads d) takes x as it was, rstd (T, heads)
 * 1 / sqrt(...), for the backward. */
void hl_head_norm_forward(float *x, float *kept, float *rstd, const float *w, int T, int heads, int d, int stride,
                          float eps);

/* dx, laid as x, holds the gradient of the output and becomes that of the input.  dw (heads, d) = each head's sum over
 * T, in an order that depends on T alone. */
void hl_head_norm_backward(float *dx, float *dw, const float *kept, const float *rstd, const float *w, int T, int heads,
                           int d, int stride);

#endif
