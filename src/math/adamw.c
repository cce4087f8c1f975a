/* adamw.c - the optimizer's update, one pass over memory. */
#include "math/adamw.h"
#include "base/minmax.h"
#include "math/simd.h"
#include <math.h>

enum { BLOCK = 4096, ROWS = 64 };

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

/* The same where all gradients are zero. */
HL_FAST static void update_without(float *restrict w, float *restrict m, float *restrict v, size_t n, const update *u)
{
    const update k = *u;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const float mi = m[i] + k.take_m * (0.0f - m[i]), vi = k.keep_v * v[i];
        m[i] = mi;
        v[i] = vi;
        w[i] = w[i] * k.decay - k.step_size * mi / (sqrtf(vi) / k.root + k.eps);
    }
}

static update update_of(const hl_adamw *how)
{
    const double step = (double)how->step;
    return (update){
        .grad_scale = (float)how->grad_scale,
        .decay = (float)(1.0 - how->lr * how->weight_decay),
        .take_m = (float)(1.0 - how->beta1),
        .keep_v = (float)how->beta2,
        .take_v = (float)(1.0 - how->beta2),
        .root = (float)sqrt(1.0 - pow(how->beta2, step)),
        .eps = (float)how->eps,
        .step_size = (float)(how->lr / (1.0 - pow(how->beta1, step))),
    };
}

void hl_adamw_step(float *w, float *m, float *v, const float *g, size_t n, const hl_adamw *how)
{
    const update u = update_of(how);
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (size_t i = 0; i < n; i += BLOCK) update_block(w + i, m + i, v + i, g + i, n - i < BLOCK ? n - i : BLOCK, &u);
}

/* Rows [row, end); w, m, v begin with number 0 of the first row of all, g with the first gradient of all. */
static void update_rows(const hl_adamw_rows *x, size_t row, size_t end, const update *u)
{
    const size_t D = (size_t)x->D, first = hl_bitmap_rank(x->has, x->begin);
    for (size_t n; row < end; row += n) {
        n = hl_bitmap_run(x->has, row, end);
        const size_t at = (row - x->begin) * D;
        if (hl_bitmap_has(x->has, row))
            update_block(x->w + at, x->m + at, x->v + at, x->g + (hl_bitmap_rank(x->has, row) - first) * D, n * D, u);
        else update_without(x->w + at, x->m + at, x->v + at, n * D, u);
    }
}

void hl_adamw_step_rows(const hl_adamw_rows *x, const hl_adamw *how)
{
    const update u = update_of(how);
#pragma omp parallel for if (hl_is_worth_threads((x->end - x->begin) * (size_t)x->D))
    for (size_t row = x->begin; row < x->end; row += ROWS) update_rows(x, row, hl_min(x->end, row + ROWS), &u);
}
