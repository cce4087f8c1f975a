/* cut-alone.c - one rank has every weight. */
#include "model/cut-alone.h"
#include "math/linear.h"
#include "math/rmsnorm.h"
#include <string.h>

hl_row_share hl_cut_alone_share(const hl_pass *p, bool segments)
{
    const int n = segments ? p->pack.segments : p->pack.T;
    return (hl_row_share){.n = n, .kept = n};
}

static float eps_of(const hl_pass *p) { return (float)p->m->shape.rms_norm_eps; }

void hl_cut_alone_norm_forward(const hl_pass *p, float *y, float *rstd, const float *x, size_t at,
                               const hl_row_share *r)
{
    hl_rmsnorm_forward(y, rstd, x, p->w + at, r->n, p->m->hidden, eps_of(p));
}

void hl_cut_alone_norm_again(const hl_pass *p, float *y, const float *rstd, const float *x, size_t at,
                             const hl_row_share *r)
{
    hl_rmsnorm_again(y, rstd, x, p->w + at, r->n, p->m->hidden);
}

void hl_cut_alone_norm_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd,
                                size_t at, const hl_row_share *r)
{
    hl_rmsnorm_backward(dx, p->dw + at, dy, x, p->w + at, rstd, r->n, p->m->hidden);
}

void hl_cut_alone_has_all(const hl_pass *p, float *d, const hl_row_share *r) { (void)p, (void)d, (void)r; }

void hl_cut_alone_linear(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    if (l->narrow && p->pack.careful) hl_linear_forward_double(y, x, p->w + l->at, r->n, l->in, l->out, p->scratch);
    else hl_linear_forward(y, x, p->w + l->at, r->n, l->in, l->out);
}

void hl_cut_alone_dx(const hl_pass *p, float *dx, const float *dy, const hl_linear *l, const hl_row_share *r)
{
    hl_linear_backward(dx, NULL, dy, NULL, p->w + l->at, r->n, l->in, l->out);
}

void hl_cut_alone_weights(const hl_pass *p, const float *dy, const float *x, const hl_linear *l, const hl_row_share *r)
{
    hl_linear_backward(NULL, p->dw + l->at, dy, x, NULL, r->n, l->in, l->out);
}

void hl_cut_alone_enter(const hl_pass *p, float *kept, const float *x, const hl_row_share *r, bool out)
{
    (void)out;
    memcpy(kept, x, (size_t)r->n * (size_t)p->m->hidden * sizeof *x);
}

const hl_layer_cut hl_cut_alone = {.name = "alone",
                                   .has_threads = true,
                                   .share = hl_cut_alone_share,
                                   .norm_forward = hl_cut_alone_norm_forward,
                                   .norm_again = hl_cut_alone_norm_again,
                                   .norm_backward = hl_cut_alone_norm_backward,
                                   .gather = hl_cut_alone_has_all,
                                   .column_forward = hl_cut_alone_linear,
                                   .column_dx = hl_cut_alone_dx,
                                   .sum_dx = hl_cut_alone_has_all,
                                   .row_forward = hl_cut_alone_linear,
                                   .row_dx = hl_cut_alone_dx,
                                   .weights = hl_cut_alone_weights,
                                   .enter = hl_cut_alone_enter};
