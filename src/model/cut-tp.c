/* cut-tp.c - each rank has some heads and part of the MLP's width, and all rows; what they make is summed. */
#include "math/rmsnorm.h"
#include "model/cut-alone.h"

static void sum(const hl_pass *p, float *y, const hl_row_share *r)
{
    p->m->tp->all_reduce(p->m->tp, y, (size_t)r->n * (size_t)p->m->hidden);
}

/* All peers have the same gradient of a norm's weight.  Where they have rows of their own elsewhere, all their parts
 * count (hl_params_join): then rank 0's is the one that does. */
static void norm_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd, size_t at,
                          const hl_row_share *r)
{
    const bool counts = !p->m->tp->sequence_parallel || p->m->tp->rank == 0;
    hl_rmsnorm_backward(dx, counts ? p->dw + at : NULL, dy, x, p->w + at, rstd, r->n, p->m->hidden);
}

static void row_forward(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    hl_cut_alone_linear(p, y, x, l, r);
    sum(p, y, r);
}

const hl_layer_cut hl_cut_tp = {.name = "tp",
                                .share = hl_cut_alone_share,
                                .norm_forward = hl_cut_alone_norm_forward,
                                .norm_again = hl_cut_alone_norm_again,
                                .norm_backward = norm_backward,
                                .gather = hl_cut_alone_has_all,
                                .column_forward = hl_cut_alone_linear,
                                .column_dx = hl_cut_alone_dx,
                                .sum_dx = sum,
                                .row_forward = row_forward,
                                .row_dx = hl_cut_alone_dx,
                                .weights = hl_cut_alone_weights,
                                .enter = hl_cut_alone_enter};
