/* cut-grid.c - weights in tiles over a grid of ranks.
 *
 * Segments are divided over the rows of the grid (model/grid-rows.h), hidden units, heads and the MLP's width over its
 * columns (model/tiles.h).  Products are the grid's, which need no sum over peers; a norm needs one sum over the row a
 * token; the gradient of a norm's weight is this rank's part of it.  What goes into a stack, comes out and goes back is
 * whole on every rank. */
#include "base/part.h"
#include "math/bias.h"
#include "math/rows.h"
#include "model/embedding.h"
#include "model/norm-kind.h"
#include "model/tiles.h"
#include <string.h>

static hl_row_share share(const hl_pass *p, bool segments)
{
    const int n = segments ? p->pack.segments : p->pack.T;
    return (hl_row_share){.n = n, .kept = n, .line = segments ? p->segments : p->tokens};
}

/* ---- rows that all ranks have whole */

/* Where mine of a row begins. */
static int my_column(const hl_pass *p)
{
    const hl_tensor_group *tp = p->m->tp;
    return (int)hl_part_begin(p->m->shape.hidden_size, hl_tensor_group_columns(tp), hl_tensor_group_column(tp));
}

/* Where row i of a tile stands among all; -1: nowhere, since the prefix is somebody else's to give and take. */
static int row_of(const hl_pass *p, const hl_row_share *r, bool out, int i)
{
    if (r->line == p->segments) return p->segments[p->m->tp->tiles->row] + i;
    return out && !p->leads && i < p->pack.prefix ? -1 : p->row[i];
}

static void enter(const hl_pass *p, float *kept, const float *x, const hl_row_share *r, bool out)
{
    const int C = p->m->hidden, D = p->m->shape.hidden_size;
    for (int i = 0; i < r->n; i++) {
        const int at = row_of(p, r, out, i);
        if (at >= 0)
            memcpy(kept + hl_rows_numbers(i, C), x + hl_rows_numbers(at, D) + my_column(p), (size_t)C * sizeof *kept);
        else memset(kept + hl_rows_numbers(i, C), 0, (size_t)C * sizeof *kept);
    }
}

/* A row that several have is their sum. */
static void leave(const hl_pass *p, float *x, const float *kept, const hl_row_share *r, bool out)
{
    const int C = p->m->hidden, D = p->m->shape.hidden_size;
    const int n = r->line == p->segments ? p->whole->segments : p->whole->T;
    memset(x, 0, hl_rows_numbers(n, D) * sizeof *x);
    for (int i = 0; i < r->n; i++) {
        const int at = row_of(p, r, out, i);
        if (at >= 0)
            memcpy(x + hl_rows_numbers(at, D) + my_column(p), kept + hl_rows_numbers(i, C), (size_t)C * sizeof *x);
    }
    p->m->tp->all_reduce(p->m->tp, x, hl_rows_numbers(n, D));
}

static void embed(const hl_pass *p, float *kept, const hl_row_share *r)
{
    const int T = p->whole->T, D = p->m->shape.hidden_size;
    const size_t mark = hl_arena_mark(p->scratch);
    float *whole = HL_TAKE_ROWS(p->scratch, float, T, D);
    hl_embedding_forward(whole, p);
    p->m->tp->all_reduce(p->m->tp, whole, hl_rows_numbers(T, D));
    enter(p, kept, whole, r, false);
    hl_arena_back(p->scratch, mark);
}

/* ---- norms and products */

static void norm(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r, bool again)
{
    const hl_tiles *g = p->m->tp->tiles;
    const size_t mark = hl_arena_mark(p->scratch);
    const float *w = p->w + at + my_column(p);
    const int C = p->m->hidden, D = p->m->shape.hidden_size;
    double *sums = HL_TAKE(p->scratch, double, p->m->norm->numbers * r->n);
    if (again) p->m->norm->again(y, rstd, x, w, r->n, C, D);
    else {
        p->m->norm->part_sums(sums, x, r->n, C);
        g->sum_row(g, sums, (size_t)(p->m->norm->numbers * r->n));
        p->m->norm->part_forward(y, rstd, sums, x, w, r->n, C, D, (float)p->m->shape.rms_norm_eps);
    }
    hl_arena_back(p->scratch, mark);
}

static void norm_kept(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r)
{
    norm(p, y, rstd, x, at, r, false);
}

static void norm_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd, size_t at,
                          const hl_row_share *r)
{
    const hl_tiles *g = p->m->tp->tiles;
    const size_t mark = hl_arena_mark(p->scratch), mine = at + (size_t)my_column(p);
    double *along = HL_TAKE(p->scratch, double, p->m->norm->numbers * r->n);
    p->m->norm->part_along(along, dy, x, p->w + mine, rstd, r->n, p->m->hidden);
    g->sum_row(g, along, (size_t)(p->m->norm->numbers * r->n));
    p->m->norm->part_backward(dx, p->dw + mine, along, dy, x, p->w + mine, rstd, r->n, p->m->hidden,
                              p->m->shape.hidden_size);
    hl_arena_back(p->scratch, mark);
}

static void bias(const hl_pass *p, float *y, size_t at, const hl_row_share *r)
{
    hl_bias_forward(y, p->w + at + my_column(p), r->n, p->m->hidden);
}

static void bias_backward(const hl_pass *p, const float *dy, size_t at, const hl_row_share *r)
{
    hl_bias_backward(p->dw + at + my_column(p), dy, r->n, p->m->hidden);
}

static void has_all(const hl_pass *p, float *d, const hl_row_share *r) { (void)p, (void)d, (void)r; }

static const hl_cut_rows rows = {.are_tiles = true,
                                 .norm = norm,
                                 .norm_kept = norm_kept,
                                 .norm_backward = norm_backward,
                                 .bias = bias,
                                 .bias_backward = bias_backward,
                                 .gather = has_all,
                                 .embed = embed,
                                 .enter = enter,
                                 .leave = leave};

static hl_tile_cuts cuts_of(const hl_pass *p, const hl_linear *l, const hl_row_share *r)
{
    return (hl_tile_cuts){.T = r->line, .F = l->F, .D = l->D, .K = l->K, .careful = l->narrow && p->pack.careful};
}

static void forward(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    const hl_tiles *g = p->m->tp->tiles;
    const hl_tile_cuts cuts = cuts_of(p, l, r);
    g->forward(g, y, x, p->w + l->at, &cuts, p->scratch);
}

static void backward(const hl_pass *p, float *dx, const float *dy, const float *x, const hl_linear *l,
                     const hl_row_share *r)
{
    const hl_tiles *g = p->m->tp->tiles;
    const hl_tile_cuts cuts = cuts_of(p, l, r);
    g->backward(g, dx, x ? p->dw + l->at : NULL, dy, x, p->w + l->at, &cuts, p->scratch);
}

static const hl_cut_linear products = {forward, backward, has_all};

const hl_layer_cut hl_cut_grid = {"grid", false, share, &rows, &products};
