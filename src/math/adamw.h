/* adamw.h - Adam with decoupled weight decay (Loshchilov, Hutter, arXiv 1711.05101), PyTorch's order of acts. */
#ifndef MATH_ADAMW_H
#define MATH_ADAMW_H
#include "base/bitmap.h"
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

/* Rows [begin, end) of a table of rows of D numbers, of which those in the set have a gradient. */
typedef struct {
    float *w, *m, *v;     /* (end - begin, D) */
    const float *g;       /* (those of the set among them, D) */
    const hl_bitmap *has; /* rows of the table, counted */
    size_t begin, end;
    int D;
} hl_adamw_rows;

/* The same bits as with gradients of zero for all other rows, which are updated as well: their weights decay and their
 * moments go on. */
void hl_adamw_step_rows(const hl_adamw_rows *x, const hl_adamw *how);

#endif
