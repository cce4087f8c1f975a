/* adamw.c - the optimizer's update, one pass over memory. */
#include "math/adamw.h"
#include "math/simd.h"
#include <math.h>

enum { BLOCK = 4096 };

/* The scalars of an update, rounded once. */
typedef struct {
    float grad_scale, decay, take_m, keep_v, take_v, root, eps, step_size;
} update;

HL_FAST static void update_block(float *restrict w, float *restrict m, float *restrict v, const float *restrict g,
                                 size_t n, const update *u)
{
    const update k = *u;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const float gi = g[i] * k.grad_scale;
        const float mi = m[i] + k.take_m * (gi - m[i]), vi = k.keep_v * v[i] + k.take_v * gi * gi;
        m[i] = mi;
        v[i] = vi;
        w[i] = w[i] * k.decay - k.step_size * mi / (sqrtf(vi) / k.root + k.eps);
    }
}

void hl_adamw_step(float *w, float *m, float *v, const float *g, size_t n, const hl_adamw *how)
{
    const double step = (double)how->step;
    const update u = {
        .grad_scale = (float)how->grad_scale,
        .decay = (float)(1.0 - how->lr * how->weight_decay),
        .take_m = (float)(1.0 - how->beta1),
        .keep_v = (float)how->beta2,
        .take_v = (float)(1.0 - how->beta2),
        .root = (float)sqrt(1.0 - pow(how->beta2, step)),
        .eps = (float)how->eps,
        .step_size = (float)(how->lr / (1.0 - pow(how->beta1, step))),
    };
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (size_t i = 0; i < n; i += BLOCK) update_block(w + i, m + i, v + i, g + i, n - i < BLOCK ? n - i : BLOCK, &u);
}
