/* cut-sequence.c - as cut-tp.c, and between the products each rank has some of the rows (Korthikanti et al., arXiv
 * 2205.05198).
 *
 * What a rank saves of rows is those that it keeps; gradients lie where their rows lie among all. */
#include "base/part.h"
#include "math/rmsnorm.h"
#include "model/cut-alone.h"
#include <string.h>

static hl_row_share share(const hl_pass *p, bool segments)
{
    const hl_tensor_group *tp = p->m->tp;
    hl_row_share r = hl_cut_alone_share(p, segments);
    size_t *part = HL_TAKE(p->scratch, size_t, tp->size + 1);
    for (int i = 0; i <= tp->size; i++)
        part[i] = (size_t)hl_part_begin(r.n, tp->size, i) * (size_t)p->m->shape.hidden_size;
    r.first = (int)hl_part_begin(r.n, tp->size, tp->rank);
    r.kept = (int)hl_part_count(r.n, tp->size, tp->rank);
    r.part = part;
    return r;
}

static size_t first_of(const hl_pass *p, const hl_row_share *r) { return r->part[p->m->tp->rank]; }

static size_t bytes_of(const hl_pass *p, const hl_row_share *r)
{
    return (size_t)r->kept * (size_t)p->m->hidden * sizeof(float);
}

static void gather(const hl_pass *p, float *d, const hl_row_share *r) { p->m->tp->all_gather(p->m->tp, d, r->part); }

static void sum_dx(const hl_pass *p, float *dx, const hl_row_share *r)
{
    p->m->tp->reduce_scatter(p->m->tp, dx, r->part);
}

static void norm_forward(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r)
{
    const hl_row_share kept = {.n = r->kept};
    hl_cut_alone_norm_forward(p, y + first_of(p, r), rstd, x, at, &kept);
    gather(p, y, r);
}

static void norm_again(const hl_pass *p, float *y, const float *rstd, const float *x, size_t at, const hl_row_share *r)
{
    const hl_row_share kept = {.n = r->kept};
    hl_cut_alone_norm_again(p, y + first_of(p, r), rstd, x, at, &kept);
    gather(p, y, r);
}

static void norm_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd, size_t at,
                          const hl_row_share *r)
{
    const size_t first = first_of(p, r);
    hl_rmsnorm_backward(dx + first, p->dw + at, dy + first, x, p->w + at, rstd, r->kept, p->m->hidden);
}

static void row_forward(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    const size_t mark = hl_arena_mark(p->scratch);
    float *all = HL_TAKE_ROWS(p->scratch, float, r->n, p->m->hidden);
    hl_cut_alone_linear(p, all, x, l, r);
    sum_dx(p, all, r);
    memcpy(y, all + first_of(p, r), bytes_of(p, r));
    hl_arena_back(p->scratch, mark);
}

static void enter(const hl_pass *p, float *kept, const float *x, const hl_row_share *r, bool out)
{
    (void)out;
    memcpy(kept, x + first_of(p, r), bytes_of(p, r));
}

static void leave(const hl_pass *p, float *x, const float *kept, const hl_row_share *r, bool out)
{
    (void)out;
    memcpy(x + first_of(p, r), kept, bytes_of(p, r));
    gather(p, x, r);
}

const hl_layer_cut hl_cut_sequence = {.name = "sequence",
                                      .share = share,
                                      .norm_forward = norm_forward,
                                      .norm_again = norm_again,
                                      .norm_backward = norm_backward,
                                      .gather = gather,
                                      .column_forward = hl_cut_alone_linear,
                                      .column_dx = hl_cut_alone_dx,
                                      .sum_dx = sum_dx,
                                      .row_forward = row_forward,
                                      .row_dx = hl_cut_alone_dx,
                                      .weights = hl_cut_alone_weights,
                                      .enter = enter,
                                      .leave = leave};
