/* cut-exact.c - as cut-tp.c, in slices: sums over slices, then over ranks, follow one tree (math/sliced.h). */
#include "math/sliced.h"
#include "model/cut-alone.h"

static void sum(const hl_pass *p, float *y, const hl_row_share *r)
{
    p->m->tp->all_reduce(p->m->tp, y, (size_t)r->n * (size_t)p->m->hidden);
}

static void column_forward(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    if (l->narrow && p->pack.careful) hl_cut_alone_linear(p, y, x, l, r);
    else hl_sliced_column_parallel_forward(y, x, p->w + l->at, r->n, l->in, &l->pieces);
}

/* A sum of its own, before anything else is added. */
static void column_dx(const hl_pass *p, float *dx, const float *dy, const hl_linear *l, const hl_row_share *r)
{
    hl_sliced_column_parallel_backward(dx, NULL, dy, NULL, p->w + l->at, r->n, l->in, &l->pieces, p->scratch);
    sum(p, dx, r);
}

static void row_forward(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    if (l->narrow && p->pack.careful) hl_cut_alone_linear(p, y, x, l, r);
    else hl_sliced_row_parallel_forward(y, x, p->w + l->at, r->n, l->in, l->out, p->m->slices, p->scratch);
    sum(p, y, r);
}

static void row_dx(const hl_pass *p, float *dx, const float *dy, const hl_linear *l, const hl_row_share *r)
{
    hl_sliced_row_parallel_backward(dx, NULL, dy, NULL, p->w + l->at, r->n, l->in, l->out);
}

/* The same product whichever axis is cut. */
static void weights(const hl_pass *p, const float *dy, const float *x, const hl_linear *l, const hl_row_share *r)
{
    hl_sliced_row_parallel_backward(NULL, p->dw + l->at, dy, x, NULL, r->n, l->in, l->out);
}

const hl_layer_cut hl_cut_exact = {.name = "exact",
                                   .share = hl_cut_alone_share,
                                   .norm_forward = hl_cut_alone_norm_forward,
                                   .norm_again = hl_cut_alone_norm_again,
                                   .norm_backward = hl_cut_alone_norm_backward,
                                   .gather = hl_cut_alone_has_all,
                                   .column_forward = column_forward,
                                   .column_dx = column_dx,
                                   .sum_dx = hl_cut_alone_has_all,
                                   .row_forward = row_forward,
                                   .row_dx = row_dx,
                                   .weights = weights,
                                   .enter = hl_cut_alone_enter};
