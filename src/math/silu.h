/* silu.h - x / (1 + e^-x) of rows (Elfwing, Uchibe, Doya, arXiv 1702.03118). */
#ifndef MATH_SILU_H
#define MATH_SILU_H

/* h (T, F) = silu(z); h may be z. */
void hl_silu_forward(float *h, const float *z, int T, int F);

/* d (T, F), gradients of silu(z), become those of z. */
void hl_silu_backward(float *d, const float *z, int T, int F);

#endif
