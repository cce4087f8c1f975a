/* adamw.h - Adam with decoupled weight decay (Loshchilov, Hutter, arXiv 1711.05101), PyTorch's order of acts. */
#ifndef MATH_ADAMW_H
#define MATH_ADAMW_H
#include <stddef.h>

typedef struct {
    double lr, beta1, beta2, eps, weight_decay;
    long step;         /* 1 for the first update */
    double grad_scale; /* multiplies every gradient first: 1, or the clipping factor */
} hl_adamw;

/* w, m, v (n) are updated from g (n):
 * w *= 1 - lr wd;  m += (1 - b1) (g - m);  v = b2 v + (1 - b2) g^2;
 * w -= lr / (1 - b1^step) * m / (sqrt(v) / sqrt(1 - b2^step) + eps). */
void hl_adamw_step(float *w, float *m, float *v, const float *g, size_t n, const hl_adamw *how);

#endif
