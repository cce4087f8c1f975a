/* cut-grid.c - weights in tiles over a grid of ranks, and the rows that each row of the grid has.
 *
 * Segments are divided over the rows of the grid, hidden units, heads and the MLP's width over its columns
 * (model/tiles.h).  Products are the grid's, which need no sum over peers; a norm needs one sum over the row a token;
 * the gradient of a norm's weight is this rank's part of it.  What goes into a stack, comes out and goes back is whole
 * on every rank.
 *
 * A prefix is computed by every row of the grid that has segments, each for its own: what leaves it is one row's to
 * give, and what comes back to it is the sum of what all rows' segments send. */
#include "model/cut-grid.h"
#include "base/part.h"
#include "math/rmsnorm.h"
#include "math/rmsnorm-part.h"
#include "model/embedding.h"
#include "model/tiles.h"
#include <stdlib.h>
#include <string.h>

const int *hl_cut_grid_axis(const hl_transformer *c, const hl_length *of, int parts, hl_arena *room)
{
    int *begin = HL_TAKE(room, int, parts + 1);
    begin[0] = 0;
    for (int k = 0; k < parts; k++) {
        begin[k + 1] = begin[k];
        for (const hl_length *l = of; *l; l++) {
            const hl_cut part = hl_transformer_cut(c, *l, k, parts);
            begin[k + 1] += (int)(part.end - part.begin);
        }
    }
    return begin;
}

/* ---- my tokens */

/* The row of the grid that has segment s: the one in whose share of the tokens its middle lies. */
static int row_with(const hl_pack *pack, int rows, int s)
{
    const int64_t first = pack->begin[0], all = pack->begin[pack->segments] - first,
                  twice = pack->begin[s] + pack->begin[s + 1] - 2 * first;
    return all ? (int)(twice * rows / (2 * all)) : 0;
}

static int first_segment(const hl_pack *pack, int rows, int row)
{
    int s = 0;
    while (s < pack->segments && row_with(pack, rows, s) < row) s++;
    return s;
}

/* Rows of the pack that a row of the grid computes; without segments not the prefix either. */
static int tokens_of(const hl_pack *pack, int first, int end)
{
    return first < end ? pack->prefix + pack->begin[end] - pack->begin[first] : 0;
}

hl_pack hl_cut_grid_part_of(const hl_stack *m, const hl_pack *pack)
{
    const int rows = m->tp->rows, row = hl_tensor_group_row(m->tp);
    const int first = first_segment(pack, rows, row), end = first_segment(pack, rows, row + 1);
    hl_pack mine = *pack;
    mine.T = tokens_of(pack, first, end);
    mine.segments = end - first;
    mine.begin = pack->begin + first;
    mine.prefix = first < end ? pack->prefix : 0;
    return mine;
}

/* Where my rows stand among all, and begins and positions as they are where only my segments are, the first of which is
 * `first` of all. */
static void renumber(hl_pass *p, int first)
{
    const int prefix = p->pack.prefix, from = p->whole->begin[first] - prefix;
    int *begin = (int *)HL_TAKE(p->scratch, int, p->pack.segments + 2) + 1, *row = HL_TAKE(p->scratch, int, p->pack.T),
        *position = HL_TAKE(p->scratch, int, p->pack.T);
    begin[-1] = 0;
    for (int i = 0; i <= p->pack.segments; i++) begin[i] = p->whole->begin[first + i] - from;
    for (int i = 0; i < p->pack.T; i++) row[i] = i < prefix ? i : from + i;
    for (int i = 0; i < p->pack.T; i++) position[i] = p->whole->position[row[i]];
    p->pack.begin = begin;
    p->pack.position = position;
    p->row = row;
}

void hl_cut_grid_take_part(hl_pass *p)
{
    const int rows = p->m->tp->rows, row = hl_tensor_group_row(p->m->tp);
    int *T = HL_TAKE(p->scratch, int, rows + 1), *n = HL_TAKE(p->scratch, int, rows + 1);
    T[0] = 0;
    for (int r = 0; r <= rows; r++) n[r] = first_segment(p->whole, rows, r);
    for (int r = 0; r < rows; r++) T[r + 1] = T[r] + tokens_of(p->whole, n[r], n[r + 1]);
    p->tokens = T;
    p->segments = n;
    p->pack = hl_cut_grid_part_of(p->m, p->whole);
    p->leads = p->pack.segments > 0 && n[row] == 0;
    renumber(p, n[row]);
}

static hl_row_share share(const hl_pass *p, bool segments)
{
    const int n = segments ? p->pack.segments : p->pack.T;
    return (hl_row_share){.n = n, .kept = n, .line = segments ? p->segments : p->tokens};
}

/* ---- rows that all ranks have whole */

static size_t numbers(int rows, int columns) { return (size_t)rows * (size_t)columns; }

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
        if (at >= 0) memcpy(kept + numbers(i, C), x + numbers(at, D) + my_column(p), (size_t)C * sizeof *kept);
        else memset(kept + numbers(i, C), 0, (size_t)C * sizeof *kept);
    }
}

/* A row that several have is their sum. */
static void leave(const hl_pass *p, float *x, const float *kept, const hl_row_share *r, bool out)
{
    const int C = p->m->hidden, D = p->m->shape.hidden_size;
    const int n = r->line == p->segments ? p->whole->segments : p->whole->T;
    memset(x, 0, numbers(n, D) * sizeof *x);
    for (int i = 0; i < r->n; i++) {
        const int at = row_of(p, r, out, i);
        if (at >= 0) memcpy(x + numbers(at, D) + my_column(p), kept + numbers(i, C), (size_t)C * sizeof *x);
    }
    p->m->tp->all_reduce(p->m->tp, x, numbers(n, D));
}

static void embed(const hl_pass *p, float *kept, const hl_row_share *r)
{
    const int T = p->whole->T, D = p->m->shape.hidden_size;
    const size_t mark = hl_arena_mark(p->scratch);
    float *whole = HL_TAKE_ROWS(p->scratch, float, T, D);
    hl_embedding_forward(whole, p);
    p->m->tp->all_reduce(p->m->tp, whole, numbers(T, D));
    enter(p, kept, whole, r, false);
    hl_arena_back(p->scratch, mark);
}

/* ---- norms and products */

static void norm(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r, bool again)
{
    const hl_tiles *g = p->m->tp->tiles;
    const size_t mark = hl_arena_mark(p->scratch);
    const float *w = p->w + at + my_column(p);
    double *squares = HL_TAKE(p->scratch, double, r->n);
    if (again) hl_rmsnorm_again(y, rstd, x, w, r->n, p->m->hidden);
    else {
        hl_rmsnorm_part_squares(squares, x, r->n, p->m->hidden);
        g->sum_row(g, squares, (size_t)r->n);
        hl_rmsnorm_part_forward(y, rstd, squares, x, w, r->n, p->m->hidden, p->m->shape.hidden_size,
                                (float)p->m->shape.rms_norm_eps);
    }
    hl_arena_back(p->scratch, mark);
}

static void norm_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd, size_t at,
                          const hl_row_share *r)
{
    const hl_tiles *g = p->m->tp->tiles;
    const size_t mark = hl_arena_mark(p->scratch), mine = at + (size_t)my_column(p);
    double *along = HL_TAKE(p->scratch, double, r->n);
    hl_rmsnorm_part_along(along, dy, x, p->w + mine, r->n, p->m->hidden);
    g->sum_row(g, along, (size_t)r->n);
    hl_rmsnorm_part_backward(dx, p->dw + mine, along, dy, x, p->w + mine, rstd, r->n, p->m->hidden,
                             p->m->shape.hidden_size);
    hl_arena_back(p->scratch, mark);
}

static void has_all(const hl_pass *p, float *d, const hl_row_share *r) { (void)p, (void)d, (void)r; }

static const hl_cut_rows rows = {.are_tiles = true,
                                 .norm = norm,
                                 .norm_backward = norm_backward,
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
