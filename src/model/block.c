/* block.c - one block over packed sequences, forward and backward.
 *
 * Normalised rows and the gated product are recomputed in the backward: a pass over memory each, against a third of the
 * saved activations. */
#include "model/block.h"
#include "math/bias.h"
#include "math/rows.h"
#include "math/shares.h"
#include "math/swiglu.h"
#include "model/see.h"
#include "model/turn.h"
#include <string.h>

static size_t numbers(int rows, int columns) { return (size_t)rows * (size_t)columns; }

/* ---- rows: threads may take some of them through several products, where peers have nothing to add */

static int shares_of(const hl_pass *p, int n)
{
    const hl_widths s = hl_widths_of(p->m);
    const int narrow = s.F < s.od ? s.F : s.od;
    return p->cut->has_threads ? hl_shares_of(n, s.D < narrow ? s.D : narrow, 2 * numbers(s.F, s.D)) : 1;
}

/* n rows of r: all of them, or some that are mine alone. */
static hl_row_share rows_of(const hl_row_share *r, int n) { return n == r->n ? *r : (hl_row_share){.n = n, .kept = n}; }

/* The pass of rows [t, t + n) alone, of which each asks. */
static hl_pass part_of(const hl_pass *p, int t, int n, hl_arena *scratch)
{
    hl_pass part = *p;
    part.scratch = scratch;
    if (n == p->all.n) return part;
    part.all = part.out = rows_of(&p->all, n);
    part.pack.position += t;
    return part;
}

/* Of what an MLP saves, the rows from t on. */
static hl_block_saved mlp_rows_from(const hl_block_saved *b, const hl_stack *m, int t)
{
    hl_block_saved rest = *b;
    rest.h += numbers(t, m->hidden);
    rest.mlp_rstd += t;
    rest.gu += numbers(t, 2 * m->width);
    return rest;
}

/* Of what a block saves of which each row asks, the rows from t on. */
static hl_block_saved rows_from(const hl_block_saved *b, const hl_stack *m, int t)
{
    const hl_widths s = hl_widths_of(m);
    hl_block_saved rest = mlp_rows_from(b, m, t);
    rest.x += numbers(t, m->hidden);
    rest.rstd += t;
    rest.qkv += numbers(t, s.qkv);
    rest.o += numbers(t, s.od);
    rest.head_q += numbers(t, s.od);
    rest.q_rstd += numbers(t, s.H);
    rest.head_k += numbers(t, s.K * s.d);
    rest.k_rstd += numbers(t, s.K);
    return rest;
}

/* An MLP meets each token alone.  A narrow one takes so few at a time that what passes between its products stays in
 * the cache; a wide one is bound by its products, and peers sum all tokens at once. */
static int rows_at_once(const hl_pass *p, int n)
{
    enum { NUMBERS = 1 << 16, LEAST = 192 };
    const int few = NUMBERS / (p->m->width + 1);
    return !p->cut->has_threads || few < LEAST || few > n ? n : few;
}

/* ---- products with biases */

static void project(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    p->cut->linear->forward(p, y, x, l, r);
    if (l->bias != HL_NOWHERE) hl_bias_forward(y, p->w + l->bias, r->n, l->out);
}

/* A product, as its weight's gradient sees it: dy (n, out), x (n, in). */
typedef struct {
    const hl_linear *l;
    const float *dy, *x;
    const hl_row_share *r;
} product;

static void add_weights(const hl_pass *p, const product *g)
{
    p->cut->linear->backward(p, NULL, g->dy, g->x, g->l, g->r);
    if (g->l->bias != HL_NOWHERE) hl_bias_backward(p->dw + g->l->bias, g->dy, g->r->n, g->l->out);
}

/* Of two products of the same rows, in so many shares. */
static void add_two_weights(const hl_pass *p, const product g[2], int shares)
{
    hl_weight_gradient each[2];
    for (int k = 0; k < 2; k++) {
        each[k] = (hl_weight_gradient){p->dw + g[k].l->at, g[k].dy, g[k].x, g[k].l->out, g[k].l->in};
        if (shares == 1) add_weights(p, &g[k]);
        else if (g[k].l->bias != HL_NOWHERE) hl_bias_backward(p->dw + g[k].l->bias, g[k].dy, g[k].r->n, g[k].l->out);
    }
    if (shares > 1) hl_shares_weights(each, g[0].r->n, shares);
}

/* ---- forward */

typedef struct {
    const hl_pass *p;
    const hl_block_saved *b;
    const hl_block *at;
    float *y;
} forward;

/* qkv (and b->q, where only some rows ask) of rows x, before they are turned. */
static void project_in(const hl_pass *p, float *qkv, hl_block_saved *b, const float *x, const hl_block *at,
                       const hl_row_share *r)
{
    float *normed = HL_TAKE_ROWS(p->scratch, float, r->n, p->m->hidden);
    p->cut->rows->norm(p, normed, b->rstd, x, at->norm, r, false);
    if (!p->query) {
        project(p, qkv, normed, &at->qkv, r);
        return;
    }
    float *few = HL_TAKE_ROWS(p->scratch, float, p->out.n, p->m->hidden);
    hl_rows_gather(few, normed, p->query, p->out.n, p->m->hidden);
    project(p, b->q, few, &at->q, &p->out);
    project(p, qkv, normed, &at->kv, r);
}

/* The same for all rows, where those of a kind have it in common. */
static void project_kinds_in(const hl_pass *p, hl_block_saved *b, const hl_block *at)
{
    const int width = hl_widths_of(p->m).qkv;
    const hl_row_share kinds = rows_of(&p->all, p->kinds);
    float *x = HL_TAKE_ROWS(p->scratch, float, p->kinds, p->m->hidden),
          *qkv = HL_TAKE_ROWS(p->scratch, float, p->kinds, width);
    hl_rows_gather(x, b->x, p->pack.first, p->kinds, p->m->hidden);
    project_in(p, qkv, b, x, at, &kinds);
    hl_rows_gather(b->qkv, qkv, p->pack.kind, p->all.n, width);
}

/* turn(q), turn(k), v of n rows from t on. */
static void attend_in(const void *self, int t, int n, hl_arena *scratch)
{
    const forward *f = self;
    const size_t mark = hl_arena_mark(scratch);
    const hl_pass p = part_of(f->p, t, n, scratch);
    hl_block_saved b = rows_from(f->b, p.m, t);
    if (p.kinds) project_kinds_in(&p, &b, f->at);
    else project_in(&p, b.qkv, &b, b.x, f->at, &p.all);
    if (p.query) {
        hl_turn_forward(&p, hl_turn_queries(&p, b.q), &b, f->at);
        hl_turn_forward(&p, hl_turn_keys(&p, b.qkv), &b, f->at);
    } else hl_turn_forward(&p, hl_turn_all(&p, b.qkv), &b, f->at);
    hl_arena_back(scratch, mark);
}

/* h = x + o(what attention says). */
static void attend_out(const hl_pass *p, hl_block_saved *b, const hl_block *at)
{
    const size_t mark = hl_arena_mark(p->scratch);
    float *x = b->x;
    p->cut->linear->forward(p, b->h, b->o, &at->o, &p->out);
    if (p->query) {
        x = HL_TAKE_ROWS(p->scratch, float, p->out.n, p->m->hidden);
        hl_rows_gather(x, b->x, p->query, p->out.n, p->m->hidden);
    }
    hl_add(b->h, x, numbers(p->out.kept, p->m->hidden));
    hl_arena_back(p->scratch, mark);
}

/* y = h + down(swiglu(gate_up(norm(h)))) of rows r. */
static void mlp_rows_forward(const hl_pass *p, float *y, hl_block_saved *b, const hl_block *at, const hl_row_share *r)
{
    const size_t mark = hl_arena_mark(p->scratch);
    float *normed = HL_TAKE_ROWS(p->scratch, float, r->n, p->m->hidden),
          *gated = HL_TAKE_ROWS(p->scratch, float, r->n, p->m->width);
    p->cut->rows->norm(p, normed, b->mlp_rstd, b->h, at->mlp_norm, r, false);
    project(p, b->gu, normed, &at->gate_up, r);
    hl_swiglu_forward(gated, b->gu, r->n, p->m->width);
    p->cut->linear->forward(p, y, gated, &at->down, r);
    hl_add(y, b->h, numbers(r->kept, p->m->hidden));
    hl_arena_back(p->scratch, mark);
}

static void mlp_forward(const hl_pass *p, float *y, const hl_block_saved *b, const hl_block *at)
{
    const int n = p->out.n, rows = rows_at_once(p, n);
    int t = 0;
    do {
        const hl_row_share some = rows_of(&p->out, n - t < rows ? n - t : rows);
        hl_block_saved its = mlp_rows_from(b, p->m, t);
        mlp_rows_forward(p, y + numbers(t, p->m->hidden), &its, at, &some);
        t += rows;
    } while (t < n);
}

/* What comes after the scores: the projection and the MLP of n rows from t on. */
static void rows_out(const void *self, int t, int n, hl_arena *scratch)
{
    const forward *f = self;
    hl_pass p = part_of(f->p, t, n, scratch);
    hl_block_saved b = p.query ? *f->b : rows_from(f->b, p.m, t);
    attend_out(&p, &b, f->at);
    mlp_forward(&p, f->y + numbers(t, p.m->hidden), &b, f->at);
}

void hl_block_forward(float *y, hl_block_saved *b, const hl_pass *p, const hl_block *at)
{
    const forward f = {p, b, at, y};
    const int shares = p->query ? 1 : shares_of(p, p->all.n);
    hl_shares_run(p->kinds ? 1 : shares, p->all.n, attend_in, &f, p->scratch);
    if (p->query) hl_see_last_forward(b, p->heads, &p->pack, p->query_position);
    else hl_see_forward(b, p->heads, &p->pack);
    hl_shares_run(shares, p->all.n, rows_out, &f, p->scratch);
}

/* ---- backward */

/* What passes between the products of an MLP: (n, F), twice that, and (n, C). */
typedef struct {
    const hl_pass *p;
    const hl_block_saved *b;
    const hl_block *at;
    const hl_row_share *r;
    const float *d;
    float *gated, *dgated, *dgu, *normed, *dnormed;
} mlp;

/* dnormed of n rows from t on, given d, the gradient of the output. */
static void mlp_products(const void *self, int t, int n, hl_arena *scratch)
{
    const mlp *x = self;
    const int F = x->p->m->width, C = x->p->m->hidden;
    const hl_pass p = part_of(x->p, 0, x->p->all.n, scratch);
    const hl_row_share r = rows_of(x->r, n);
    float *dgated = x->dgated + numbers(t, F), *dgu = x->dgu + numbers(t, 2 * F);
    p.cut->linear->backward(&p, dgated, x->d + numbers(t, C), NULL, &x->at->down, &r);
    hl_swiglu_backward(dgu, x->gated + numbers(t, F), dgated, x->b->gu + numbers(t, 2 * F), n, F);
    p.cut->linear->backward(&p, x->dnormed + numbers(t, C), dgu, NULL, &x->at->gate_up, &r);
}

/* d (r, C), of which I have the rows that I keep, holds dy and becomes dh. */
static void mlp_rows_backward(const hl_pass *p, float *d, const hl_block_saved *b, const hl_block *at,
                              const hl_row_share *r)
{
    const int F = p->m->width, C = p->m->hidden, shares = shares_of(p, r->n);
    const size_t mark = hl_arena_mark(p->scratch);
    const mlp x = {p,
                   b,
                   at,
                   r,
                   d,
                   HL_TAKE_ROWS(p->scratch, float, r->n, F),
                   HL_TAKE_ROWS(p->scratch, float, r->n, F),
                   HL_TAKE_ROWS(p->scratch, float, r->n, 2 * F),
                   HL_TAKE_ROWS(p->scratch, float, r->n, C),
                   HL_TAKE_ROWS(p->scratch, float, r->n, C)};
    p->cut->rows->gather(p, d, r);
    p->cut->rows->norm(p, x.normed, b->mlp_rstd, b->h, at->mlp_norm, r, true);
    hl_shares_run(shares, r->n, mlp_products, &x, p->scratch);
    if (p->cut->rows->are_tiles) hl_swiglu_forward(x.gated, b->gu, r->n, F); /* rounded as in the forward */
    add_two_weights(p, (product[]){{&at->down, d, x.gated, r}, {&at->gate_up, x.dgu, x.normed, r}}, shares);
    p->cut->linear->sum_dx(p, x.dnormed, r);
    p->cut->rows->norm_backward(p, d, x.dnormed, b->h, b->mlp_rstd, at->mlp_norm, r);
    hl_arena_back(p->scratch, mark);
}

static void mlp_backward(const hl_pass *p, float *d, const hl_block_saved *b, const hl_block *at)
{
    const int n = p->out.n, rows = rows_at_once(p, n);
    int t = 0;
    do {
        const hl_row_share some = rows_of(&p->out, n - t < rows ? n - t : rows);
        const hl_block_saved its = mlp_rows_from(b, p->m, t);
        mlp_rows_backward(p, d + numbers(t, p->m->hidden), &its, at, &some);
        t += rows;
    } while (t < n);
}

/* What goes back from attention to the rows that its projections read. */
typedef struct {
    const hl_pass *p;
    const hl_block_saved *b;
    const hl_block *at;
    float *dqkv, *normed, *dnormed;
} attention;

/* dnormed of n rows from t on. */
static void attend_in_backward(const void *self, int t, int n, hl_arena *scratch)
{
    const attention *x = self;
    const hl_pass p = part_of(x->p, t, n, scratch);
    const hl_block_saved b = rows_from(x->b, p.m, t);
    float *dqkv = x->dqkv + numbers(t, x->at->qkv.out), *normed = x->normed + numbers(t, p.m->hidden);
    hl_turn_backward(&p, hl_turn_all(&p, dqkv), &b, x->at);
    p.cut->rows->norm(&p, normed, b.rstd, b.x, x->at->norm, &p.all, true);
    p.cut->linear->backward(&p, x->dnormed + numbers(t, p.m->hidden), dqkv, NULL, &x->at->qkv, &p.all);
}

/* d (n, C) holds dh and becomes dx, given dqkv. */
static void attend_rows_backward(const hl_pass *p, float *d, float *dqkv, const hl_block_saved *b, const hl_block *at,
                                 int shares)
{
    const int n = p->all.n, C = p->m->hidden;
    const attention x = {p, b, at, dqkv, HL_TAKE_ROWS(p->scratch, float, n, C), HL_TAKE_ROWS(p->scratch, float, n, C)};
    hl_shares_run(shares, n, attend_in_backward, &x, p->scratch);
    add_two_weights(p, (product[]){{&at->o, d, b->o, &p->all}, {&at->qkv, dqkv, x.normed, &p->all}}, shares);
    p->cut->linear->sum_dx(p, x.dnormed, &p->all);
    p->cut->rows->norm_backward(p, d, x.dnormed, b->x, b->rstd, at->norm, &p->all);
}

/* The same where rows of a kind have it in common: the first of each gets what goes back to all. */
static void attend_kinds_backward(const hl_pass *p, float *d, float *dqkv, const hl_block_saved *b, const hl_block *at)
{
    const int C = p->m->hidden, n = p->kinds;
    const hl_row_share r = rows_of(&p->all, n);
    float *x = HL_TAKE_ROWS(p->scratch, float, n, C), *dx = HL_TAKE_ZERO_ROWS(p->scratch, float, n, C),
          *normed = HL_TAKE_ROWS(p->scratch, float, n, C), *dnormed = HL_TAKE_ROWS(p->scratch, float, n, C),
          *sum = HL_TAKE_ZERO_ROWS(p->scratch, float, n, at->qkv.out);
    add_weights(p, &(product){&at->o, d, b->o, &p->out});
    hl_turn_backward(p, hl_turn_all(p, dqkv), b, at);
    hl_rows_scatter_add(sum, dqkv, p->pack.kind, p->all.n, at->qkv.out);
    hl_rows_gather(x, b->x, p->pack.first, n, C);
    p->cut->rows->norm(p, normed, b->rstd, x, at->norm, &r, true);
    p->cut->linear->backward(p, dnormed, sum, NULL, &at->qkv, &r);
    add_weights(p, &(product){&at->qkv, sum, normed, &r});
    p->cut->linear->sum_dx(p, dnormed, &r);
    p->cut->rows->norm_backward(p, dx, dnormed, x, b->rstd, at->norm, &r);
    hl_rows_scatter_add(d, dx, p->pack.first, n, C);
}

/* dx (all, C), overwritten, given d (out, C), which holds dh, and dq, dkv. */
static void attend_last_backward(const hl_pass *p, float *dx, const float *d, float *dq, float *dkv,
                                 const hl_block_saved *b, const hl_block *at)
{
    const int T = p->all.n, n = p->out.n, C = p->m->hidden;
    float *normed = HL_TAKE_ROWS(p->scratch, float, T, C), *dnormed = HL_TAKE_ROWS(p->scratch, float, T, C),
          *few = HL_TAKE_ROWS(p->scratch, float, n, C), *dfew = HL_TAKE_ROWS(p->scratch, float, n, C);
    add_weights(p, &(product){&at->o, d, b->o, &p->out});
    hl_turn_backward(p, hl_turn_queries(p, dq), b, at);
    hl_turn_backward(p, hl_turn_keys(p, dkv), b, at);
    p->cut->rows->norm(p, normed, b->rstd, b->x, at->norm, &p->all, true);
    hl_rows_gather(few, normed, p->query, n, C);
    p->cut->linear->backward(p, dfew, dq, NULL, &at->q, &p->out);
    p->cut->linear->backward(p, dnormed, dkv, NULL, &at->kv, &p->all);
    add_weights(p, &(product){&at->q, dq, few, &p->out});
    add_weights(p, &(product){&at->kv, dkv, normed, &p->all});
    hl_rows_scatter_add(dnormed, dfew, p->query, n, C);
    p->cut->linear->sum_dx(p, dnormed, &p->all);
    memset(dx, 0, numbers(T, C) * sizeof *dx);
    hl_rows_scatter_add(dx, d, p->query, n, C);
    p->cut->rows->norm_backward(p, dx, dnormed, b->x, b->rstd, at->norm, &p->all);
}

static void attend_backward(const hl_pass *p, float *dx, float *d, const hl_block_saved *b, const hl_block *at)
{
    const size_t mark = hl_arena_mark(p->scratch);
    const int qkv = p->query ? at->kv.out : at->qkv.out;
    const bool together = p->query || p->kinds || at->q_norm != HL_NOWHERE;
    float *d_o = HL_TAKE_ROWS(p->scratch, float, p->out.n, at->o.in),
          *dqkv = HL_TAKE_ROWS(p->scratch, float, p->all.n, qkv),
          *dq = HL_TAKE_ROWS(p->scratch, float, p->query ? p->out.n : 0, at->q.out);
    p->cut->rows->gather(p, d, &p->out);
    p->cut->linear->backward(p, d_o, d, NULL, &at->o, &p->out);
    if (p->query) {
        hl_see_last_backward(dq, dqkv, d_o, b, p->heads, &p->pack, p->query_position, p->scratch);
        attend_last_backward(p, dx, d, dq, dqkv, b, at);
    } else {
        hl_see_backward(dqkv, d_o, b, p->heads, &p->pack, p->scratch);
        if (p->kinds) attend_kinds_backward(p, d, dqkv, b, at);
        else attend_rows_backward(p, d, dqkv, b, at, together ? 1 : shares_of(p, p->all.n));
    }
    hl_arena_back(p->scratch, mark);
}

void hl_block_backward(float *dx, float *d, const hl_block_saved *b, const hl_pass *p, const hl_block *at)
{
    mlp_backward(p, d, b, at);
    attend_backward(p, dx, d, b, at);
}
