/* cut-tp.c - weights cut along one axis: each rank has some heads and part of the MLP's width.
 *
 * What ranks make of rows is summed (Shoeybi et al., Megatron-LM, arXiv 1909.08053).  Between the products each has all
 * rows, or some of them (Korthikanti et al., arXiv 2205.05198): then what it saves of rows is those that it keeps, and
 * gradients lie where their rows lie among all.  One rank alone has nothing to sum.  In slices, sums over slices, then
 * over ranks, follow one tree. */
#include "base/part.h"
#include "math/bias.h"
#include "math/linear.h"
#include "math/rows.h"
#include "math/sliced.h"
#include "model/embedding.h"
#include "model/norm-kind.h"
#include <string.h>

/* ---- rows */

static hl_row_share all_rows(const hl_pass *p, bool segments)
{
    const int n = segments ? p->pack.segments : p->pack.T;
    return (hl_row_share){.n = n, .kept = n};
}

static hl_row_share some_rows(const hl_pass *p, bool segments)
{
    const hl_tensor_group *tp = p->m->tp;
    hl_row_share r = all_rows(p, segments);
    size_t *part = HL_TAKE(p->scratch, size_t, tp->size + 1);
    for (int i = 0; i <= tp->size; i++) part[i] = (size_t)hl_part_begin(r.n, tp->size, i) * (size_t)p->m->hidden;
    r.first = (int)hl_part_begin(r.n, tp->size, tp->rank);
    r.kept = (int)hl_part_count(r.n, tp->size, tp->rank);
    r.part = part;
    return r;
}

static size_t first_of(const hl_pass *p, const hl_row_share *r) { return hl_rows_numbers(r->first, p->m->hidden); }

static void gather(const hl_pass *p, float *d, const hl_row_share *r)
{
    if (r->part) p->m->tp->all_gather(p->m->tp, d, r->part);
}

static void sum(const hl_pass *p, float *d, const hl_row_share *r)
{
    const hl_tensor_group *tp = p->m->tp;
    if (r->part) tp->reduce_scatter(tp, d, r->part);
    else if (tp->size > 1) tp->all_reduce(tp, d, hl_rows_numbers(r->n, p->m->hidden));
}

static void norm_kept(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r)
{
    p->m->norm->forward(y, rstd, x, p->w + at, r->kept, p->m->hidden, (float)p->m->shape.rms_norm_eps);
}

static void norm(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r, bool again)
{
    float *mine = y + first_of(p, r);
    if (again) p->m->norm->again(mine, rstd, x, p->w + at, r->kept, p->m->hidden, p->m->hidden);
    else norm_kept(p, mine, rstd, x, at, r);
    gather(p, y, r);
}

/* Of rows that all peers have, all have the same gradient of a norm's weight or of a bias.  Where they have rows of
 * their own elsewhere, all their parts count (hl_params_join): then rank 0's is the one that does. */
static bool gradient_counts(const hl_pass *p, const hl_row_share *r)
{
    return r->part || !p->m->tp->sequence_parallel || p->m->tp->rank == 0;
}

static void norm_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd, size_t at,
                          const hl_row_share *r)
{
    const bool counts = gradient_counts(p, r);
    const size_t first = first_of(p, r);
    p->m->norm->backward(dx + first, counts ? p->dw + at : NULL, dy + first, x, p->w + at, rstd, r->kept, p->m->hidden);
}

static void bias(const hl_pass *p, float *y, size_t at, const hl_row_share *r)
{
    hl_bias_forward(y, p->w + at, r->kept, p->m->hidden);
}

static void bias_backward(const hl_pass *p, const float *dy, size_t at, const hl_row_share *r)
{
    if (gradient_counts(p, r)) hl_bias_backward(p->dw + at, dy + first_of(p, r), r->kept, p->m->hidden);
}

static void enter(const hl_pass *p, float *kept, const float *x, const hl_row_share *r, bool out)
{
    (void)out;
    memcpy(kept, x + first_of(p, r), sizeof *kept * hl_rows_numbers(r->kept, p->m->hidden));
}

static void leave(const hl_pass *p, float *x, const float *kept, const hl_row_share *r, bool out)
{
    (void)out;
    memcpy(x + first_of(p, r), kept, sizeof *kept * hl_rows_numbers(r->kept, p->m->hidden));
    gather(p, x, r);
}

/* Room for y (n, C), of which the sum is to be, where I keep some of the rows only. */
static float *whole_of(const hl_pass *p, float *kept, const hl_row_share *r)
{
    return r->part ? HL_TAKE_ROWS(p->scratch, float, r->n, p->m->hidden) : kept;
}

static void sum_of_whole(const hl_pass *p, float *kept, float *whole, const hl_row_share *r)
{
    sum(p, whole, r);
    if (r->part) enter(p, kept, whole, r, false);
}

static void embed(const hl_pass *p, float *kept, const hl_row_share *r)
{
    const size_t mark = hl_arena_mark(p->scratch);
    float *whole = whole_of(p, kept, r);
    hl_embedding_forward(whole, p);
    sum_of_whole(p, kept, whole, r);
    hl_arena_back(p->scratch, mark);
}

static const hl_cut_rows rows = {.norm = norm,
                                 .norm_kept = norm_kept,
                                 .norm_backward = norm_backward,
                                 .bias = bias,
                                 .bias_backward = bias_backward,
                                 .gather = gather,
                                 .embed = embed,
                                 .enter = enter,
                                 .leave = leave};

/* ---- products */

/* y (n, out) = x (n, in) w^T: with care, in slices (math/sliced.h), or plainly. */
static void multiply(const hl_pass *p, float *y, const float *x, const hl_linear *l, int n)
{
    const float *w = p->w + l->at;
    const int slices = p->m->slices;
    if (l->narrow && p->pack.careful) hl_linear_forward_double(y, x, w, n, l->in, l->out, p->scratch);
    else if (!slices) hl_linear_forward(y, x, w, n, l->in, l->out);
    else if (l->way == HL_CUT_COLUMNS) hl_sliced_column_parallel_forward(y, x, w, n, l->in, &l->pieces);
    else hl_sliced_row_parallel_forward(y, x, w, n, l->in, l->out, slices, p->scratch);
}

static void forward(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    const size_t mark = hl_arena_mark(p->scratch);
    const bool is_summed = l->way == HL_CUT_ROWS;
    float *whole = is_summed ? whole_of(p, y, r) : y;
    multiply(p, whole, x, l, r->n);
    if (is_summed) sum_of_whole(p, y, whole, r);
    hl_arena_back(p->scratch, mark);
}

static void backward(const hl_pass *p, float *dx, const float *dy, const float *x, const hl_linear *l,
                     const hl_row_share *r)
{
    hl_linear_backward(dx, x ? p->dw + l->at : NULL, dy, x, p->w + l->at, r->n, l->in, l->out);
}

static const hl_cut_linear products = {forward, backward, sum};

/* ---- products in slices */

/* dw is the same product whichever axis is cut; dx of a column-parallel layer a sum of its own, before anything else is
 * added. */
static void sliced_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const hl_linear *l,
                            const hl_row_share *r)
{
    const float *w = p->w + l->at;
    if (x) hl_sliced_row_parallel_backward(NULL, p->dw + l->at, dy, x, NULL, r->n, l->in, l->out);
    if (dx && l->way == HL_CUT_ROWS) hl_sliced_row_parallel_backward(dx, NULL, dy, NULL, w, r->n, l->in, l->out);
    if (!dx || l->way == HL_CUT_ROWS) return;
    hl_sliced_column_parallel_backward(dx, NULL, dy, NULL, w, r->n, l->in, &l->pieces, p->scratch);
    sum(p, dx, r);
}

static void is_summed_already(const hl_pass *p, float *dx, const hl_row_share *r) { (void)p, (void)dx, (void)r; }

static const hl_cut_linear sliced = {forward, sliced_backward, is_summed_already};

const hl_layer_cut hl_cut_alone = {"alone", true, all_rows, &rows, &products};
const hl_layer_cut hl_cut_tp = {"tp", false, all_rows, &rows, &products};
const hl_layer_cut hl_cut_sequence = {"sequence", false, some_rows, &rows, &products};
const hl_layer_cut hl_cut_exact = {"exact", false, all_rows, &rows, &sliced};
