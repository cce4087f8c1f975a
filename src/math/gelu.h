/* gelu.h - the Gaussian error linear unit (Hendrycks, Gimpel, arXiv 1606.08415): x times the share of a normal
 * distribution that lies below x, or, _tanh, an approximation that older models were trained with. */
#ifndef MATH_GELU_H
#define MATH_GELU_H

/* h (T, F) = gelu(u). */
void hl_gelu_forward(float *h, const float *u, int T, int F);
void hl_gelu_tanh_forward(float *h, const float *u, int T, int F);

/* du (T, F) is overwritten, given dh (T, F).  h (T, F) is made again on the way, for the gradient of the weights that
 * read it. */
void hl_gelu_backward(float *du, float *h, const float *dh, const float *u, int T, int F);
void hl_gelu_tanh_backward(float *du, float *h, const float *dh, const float *u, int T, int F);

#endif
