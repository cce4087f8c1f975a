/* swiglu.h - the gated unit of Llama's MLP (Shazeer, arXiv 2002.05202). */
#ifndef MATH_SWIGLU_H
#define MATH_SWIGLU_H

/* h (T, F) = silu(gate) * up; gu (T, 2F): a row is F gates, then F ups. */
void hl_swiglu_forward(float *h, const float *gu, int T, int F);

/* dgu (T, 2F) is overwritten, given dh (T, F).  h (T, F) is made again on the way, for the gradient of the weights
 * that read it. */
void hl_swiglu_backward(float *dgu, float *h, const float *dh, const float *gu, int T, int F);

#endif
