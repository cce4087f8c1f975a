/* block.c - one block over packed sequences, forward and backward.
 *
 * Normalised rows and the gated product are recomputed in the backward: a pass over memory each, against a third of the
 * saved activations. */
#include "model/block.h"
#include "base/minmax.h"
#include "math/bias.h"
#include "math/rows.h"
#include "math/shares.h"
#include "model/activation.h"
#include "model/drop.h"
#include "model/saved.h"
#include "model/see.h"
#include "model/turn.h"
#include <string.h>

/* ---- rows: threads may take some of them through several products, where peers have nothing to add */

static int shares_of(const hl_pass *p, int n)
{
    const hl_widths s = hl_widths_of(p->m);
    const int narrow = hl_min(s.F, s.od);
    return p->cut->has_threads ? hl_shares_of(n, hl_min(s.D, narrow), 2 * hl_rows_numbers(s.F, s.D)) : 1;
}

/* Rows [t, t + n) of a pass: all of them, or some that are mine alone. */
static hl_pass part_of(const hl_pass *p, int t, int n, hl_arena *scratch)
{
    hl_pass part = *p;
    part.scratch = scratch;
    if (n == p->all.n || n == p->out.n) return part;
    part.all = part.out = (hl_row_share){.n = n, .kept = n};
    part.pack.position += t;
    if (part.pack.sample) part.pack.sample += t;
    part.b = hl_saved_from(&p->b, p->m, t);
    return part;
}

/* An MLP meets each token alone, but peers sum all tokens at once. */
static void run_mlp(const hl_pass *p, hl_share_act act, const void *self)
{
    if (p->cut->has_threads) hl_shares_run_few(p->out.n, p->m->width, act, self, p->scratch);
    else act(self, 0, p->out.n, p->scratch);
}

/* ---- products with biases */

/* The bias of a row-parallel product is added once, behind the sum. */
static void project(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r)
{
    p->cut->linear->forward(p, y, x, l, r);
    if (l->bias == HL_NOWHERE) return;
    if (l->way == HL_CUT_COLUMNS) hl_bias_forward(y, p->w + l->bias, r->n, l->out);
    else p->cut->rows->bias(p, y, (size_t)l->bias, r);
}

static void add_bias(const hl_pass *p, const hl_linear *l, const float *dy, const hl_row_share *r)
{
    if (l->bias == HL_NOWHERE) return;
    if (l->way == HL_CUT_COLUMNS) hl_bias_backward(p->dw + l->bias, dy, r->n, l->out);
    else p->cut->rows->bias_backward(p, dy, (size_t)l->bias, r);
}

/* A product, as its weight's gradient sees it: dy (n, out), x (n, in). */
typedef struct {
    const hl_linear *l;
    const float *dy, *x;
    const hl_row_share *r;
} product;

/* Of two products, in so many shares where their rows are the same. */
static void add_weights(const hl_pass *p, const product g[2], int shares)
{
    hl_weight_gradient each[2];
    for (int k = 0; k < 2; k++) {
        const hl_linear *l = g[k].l;
        each[k] = (hl_weight_gradient){p->dw + l->at, g[k].dy, g[k].x, l->out, l->in};
        if (shares == 1) p->cut->linear->backward(p, NULL, g[k].dy, g[k].x, l, g[k].r);
        add_bias(p, l, g[k].dy, g[k].r);
    }
    if (shares > 1) hl_shares_weights(each, g[0].r->n, shares);
}

/* ---- attention's input: the rows that queries, keys and values are made of */

static const hl_linear *reads(const hl_pass *p) { return p->query ? &p->at->kv : &p->at->qkv; }

/* All rows; or, where those of a kind have it in common, one of each. */
static hl_row_share rows_read(const hl_pass *p)
{
    return p->kinds ? (hl_row_share){.n = p->kinds, .kept = p->kinds} : p->all;
}

static float *take_rows_read(const hl_pass *p)
{
    if (!p->kinds) return p->b.x;
    float *x = HL_TAKE_ROWS(p->scratch, float, p->kinds, p->m->hidden);
    hl_rows_gather(x, p->b.x, p->pack.first, p->kinds, p->m->hidden);
    return x;
}

/* Of rows that ask, what they have among x (all, C), which is returned where each row asks. */
static float *take_rows_asking(const hl_pass *p, float *x)
{
    if (!p->query) return x;
    float *few = HL_TAKE_ROWS(p->scratch, float, p->out.n, p->m->hidden);
    hl_rows_gather(few, x, p->query, p->out.n, p->m->hidden);
    return few;
}

/* ---- norms: before attention and the MLP, or after both */

static bool norms_first(const hl_pass *p) { return p->at->norm != HL_NOWHERE; }

static float *mine_of(const hl_pass *p, float *x, const hl_row_share *r)
{
    return x + hl_rows_numbers(r->first, p->m->hidden);
}

static size_t numbers_kept(const hl_pass *p, const hl_row_share *r) { return hl_rows_numbers(r->kept, p->m->hidden); }

/* The rows that I keep, x, whole; x itself where I keep all. */
static float *whole_of(const hl_pass *p, float *x, const hl_row_share *r)
{
    if (!r->part) return x;
    float *y = HL_TAKE_ROWS(p->scratch, float, r->n, p->m->hidden);
    p->cut->rows->leave(p, y, x, r, false);
    return y;
}

/* The gradient of what was dropped before it was added, given that of the sum, d (n, C) whole: d itself where nothing
 * is dropped. */
static const float *before_dropping(const hl_pass *p, const float *d, hl_drop_site site, const hl_row_share *r)
{
    if (!hl_drops_rows(p)) return d;
    float *dy = HL_TAKE_ROWS(p->scratch, float, r->n, p->m->hidden);
    memcpy(dy, d, hl_rows_numbers(r->n, p->m->hidden) * sizeof *d);
    hl_drop_rows(p, dy, site, 0, r->n);
    return dy;
}

/* ---- forward */

typedef struct {
    const hl_pass *p;
    float *y; /* backward: what holds dy and becomes dh */
} block_rows;

/* turn(q), turn(k), v of n rows from t on. */
static void attend_in(const void *self, int t, int n, hl_arena *scratch)
{
    const hl_pass p = part_of(((const block_rows *)self)->p, t, n, scratch);
    const hl_row_share r = rows_read(&p);
    const hl_linear *l = reads(&p);
    const size_t mark = hl_arena_mark(scratch);
    float *normed = norms_first(&p) ? HL_TAKE_ROWS(scratch, float, r.n, p.m->hidden) : whole_of(&p, p.b.x, &r),
          *qkv = p.kinds ? HL_TAKE_ROWS(scratch, float, r.n, l->out) : p.b.qkv;
    if (norms_first(&p)) p.cut->rows->norm(&p, normed, p.b.rstd, take_rows_read(&p), (size_t)p.at->norm, &r, false);
    project(&p, qkv, normed, l, &r);
    if (p.query) project(&p, p.b.q, take_rows_asking(&p, normed), &p.at->q, &p.out);
    if (p.kinds) hl_rows_gather(p.b.qkv, qkv, p.pack.kind, p.all.n, l->out);
    hl_turn_forward(&p);
    hl_arena_back(scratch, mark);
}

/* The MLP, and what stands around it, of n rows from t on. */
static void mlp_forward(const void *self, int t, int n, hl_arena *scratch)
{
    const block_rows *c = self;
    const hl_pass p = part_of(c->p, t, n, scratch);
    const int F = p.m->width, C = p.m->hidden;
    const size_t mark = hl_arena_mark(scratch);
    float *y = c->y + hl_rows_numbers(t, C), *normed = HL_TAKE_ROWS(scratch, float, n, C),
          *gated = HL_TAKE_ROWS(scratch, float, n, F);
    float *sum = norms_first(&p) ? y : p.b.s;
    p.cut->rows->norm(&p, normed, p.b.mlp_rstd, p.b.h, (size_t)p.at->mlp_norm, &p.out, false);
    project(&p, p.b.gu, normed, &p.at->gate_up, &p.out);
    p.m->activation->forward(gated, p.b.gu, n, F);
    project(&p, sum, gated, &p.at->down, &p.out);
    hl_drop_rows(&p, sum, HL_DROP_MLP, p.out.first, p.out.kept);
    hl_add(sum, norms_first(&p) ? p.b.h : mine_of(&p, normed, &p.out), numbers_kept(&p, &p.out));
    if (!norms_first(&p)) p.cut->rows->norm_kept(&p, y, p.b.out_rstd, sum, (size_t)p.at->out_norm, &p.out);
    hl_arena_back(scratch, mark);
}

/* What comes after the scores: h = x + o(what attention says), and the MLP, of n rows from t on. */
static void rows_out(const void *self, int t, int n, hl_arena *scratch)
{
    const block_rows *c = self;
    const hl_pass p = part_of(c->p, t, n, scratch);
    const size_t mark = hl_arena_mark(scratch);
    project(&p, p.b.h, p.b.o, &p.at->o, &p.out);
    hl_drop_rows(&p, p.b.h, HL_DROP_ATTENTION, p.out.first, p.out.kept);
    hl_add(p.b.h, take_rows_asking(&p, p.b.x), hl_rows_numbers(p.out.kept, p.m->hidden));
    hl_arena_back(scratch, mark);
    run_mlp(&p, mlp_forward, &(block_rows){&p, c->y + hl_rows_numbers(t, p.m->hidden)});
}

void hl_block_forward(float *y, const hl_pass *p)
{
    const block_rows c = {p, y};
    const int shares = p->query ? 1 : shares_of(p, p->all.n);
    hl_shares_run(p->kinds ? 1 : shares, p->all.n, attend_in, &c, p->scratch);
    hl_see_forward(p);
    hl_shares_run(shares, p->out.n, rows_out, &c, p->scratch);
}

/* ---- backward */

/* What passes between the products of an MLP: (n, F), that of its input, and (n, C). */
typedef struct {
    const hl_pass *p;
    const float *d; /* of what `down` puts out */
    float *gated, *dgated, *dgu, *normed, *dnormed;
} mlp;

/* dnormed of n rows from t on, given d, the gradient of the output. */
static void mlp_products(const void *self, int t, int n, hl_arena *scratch)
{
    const mlp *x = self;
    const hl_pass p = part_of(x->p, t, n, scratch);
    const int F = p.m->width, C = p.m->hidden;
    float *dgated = x->dgated + hl_rows_numbers(t, F), *dgu = x->dgu + hl_rows_numbers(t, p.at->gate_up.out);
    p.cut->linear->backward(&p, dgated, x->d + hl_rows_numbers(t, C), NULL, &p.at->down, &p.out);
    p.m->activation->backward(dgu, x->gated + hl_rows_numbers(t, F), dgated, p.b.gu, n, F);
    p.cut->linear->backward(&p, x->dnormed + hl_rows_numbers(t, C), dgu, NULL, &p.at->gate_up, &p.out);
}

/* What `down` puts out has the gradient d, the output's, or where that is normed one of its own (n, C). */
static float *through_norm(const hl_pass *p, float *d)
{
    if (norms_first(p)) return d;
    float *ds = HL_TAKE_ZERO_ROWS(p->scratch, float, p->out.n, p->m->hidden);
    p->cut->rows->norm_backward(p, ds, d, p->b.s, p->b.out_rstd, (size_t)p->at->out_norm, &p->out);
    return ds;
}

/* d holds the gradient of what is added to the MLP, or where norms come after, ds does. */
static void through_mlp_norm(const hl_pass *p, float *d, float *ds, float *dnormed)
{
    if (!norms_first(p)) {
        hl_add(mine_of(p, dnormed, &p->out), mine_of(p, ds, &p->out), numbers_kept(p, &p->out));
        memset(d, 0, hl_rows_numbers(p->out.n, p->m->hidden) * sizeof *d);
    }
    p->cut->rows->norm_backward(p, d, dnormed, p->b.h, p->b.mlp_rstd, (size_t)p->at->mlp_norm, &p->out);
}

/* n rows of d (out, C) from t on, of which I have those that I keep, hold dy and become dh. */
static void mlp_backward(const void *self, int t, int n, hl_arena *scratch)
{
    const block_rows *c = self;
    const hl_pass p = part_of(c->p, t, n, scratch);
    const int F = p.m->width, C = p.m->hidden, shares = shares_of(&p, n);
    const size_t mark = hl_arena_mark(scratch);
    float *d = c->y + hl_rows_numbers(t, C), *ds = through_norm(&p, d);
    p.cut->rows->gather(&p, ds, &p.out);
    const mlp x = {.p = &p,
                   .d = before_dropping(&p, ds, HL_DROP_MLP, &p.out),
                   .gated = HL_TAKE_ROWS(scratch, float, n, F),
                   .dgated = HL_TAKE_ROWS(scratch, float, n, F),
                   .dgu = HL_TAKE_ROWS(scratch, float, n, p.at->gate_up.out),
                   .normed = HL_TAKE_ROWS(scratch, float, n, C),
                   .dnormed = HL_TAKE_ROWS(scratch, float, n, C)};
    p.cut->rows->norm(&p, x.normed, p.b.mlp_rstd, p.b.h, (size_t)p.at->mlp_norm, &p.out, true);
    hl_shares_run(shares, n, mlp_products, &x, scratch);
    if (p.cut->rows->are_tiles) p.m->activation->forward(x.gated, p.b.gu, n, F); /* rounded as in the forward */
    add_weights(&p, (product[]){{&p.at->down, x.d, x.gated, &p.out}, {&p.at->gate_up, x.dgu, x.normed, &p.out}},
                shares);
    p.cut->linear->sum_dx(&p, x.dnormed, &p.out);
    through_mlp_norm(&p, d, ds, x.dnormed);
    hl_arena_back(scratch, mark);
}

/* What goes back from attention to the rows that its projections read: back is of qkv, dqkv itself or, where rows of a
 * kind have it in common, their sum. */
typedef struct {
    const hl_pass *p;
    const float *x;
    float *dq, *dqkv, *back, *normed, *dnormed;
} attention;

/* dnormed of n rows from t on, given dq and dqkv. */
static void attend_in_backward(const void *self, int t, int n, hl_arena *scratch)
{
    const attention *a = self;
    const hl_pass p = part_of(a->p, t, n, scratch);
    const hl_linear *l = reads(&p);
    const hl_row_share r = rows_read(&p);
    const size_t at = hl_rows_numbers(t, p.m->hidden);
    float *back = a->back + hl_rows_numbers(t, l->out);
    hl_turn_backward(&p, a->dq, a->dqkv + hl_rows_numbers(t, l->out));
    if (p.kinds) hl_rows_scatter_add(back, a->dqkv, p.pack.kind, p.all.n, l->out);
    if (norms_first(&p)) p.cut->rows->norm(&p, a->normed + at, p.b.rstd, a->x + at, (size_t)p.at->norm, &r, true);
    p.cut->linear->backward(&p, a->dnormed + at, back, NULL, l, &r);
}

/* The queries of rows that ask, where these are apart. */
static void queries_backward(const hl_pass *p, const attention *a)
{
    const int n = p->out.n, C = p->m->hidden;
    const float *few = take_rows_asking(p, a->normed);
    float *dfew = HL_TAKE_ROWS(p->scratch, float, n, C);
    p->cut->linear->backward(p, dfew, a->dq, few, &p->at->q, &p->out);
    add_bias(p, &p->at->q, a->dq, &p->out);
    hl_rows_scatter_add(a->dnormed, dfew, p->query, n, C);
}

/* dx (all, C), given d (out, C), which holds dh, dy, the gradient of what attention's last product puts out, and those
 * of queries, keys and values: d itself becomes dx where each row asks, and else dx is overwritten. */
static void attend_rows_backward(const hl_pass *p, float *dx, float *d, const float *dy, float *dq, float *dqkv)
{
    const hl_row_share r = rows_read(p);
    const hl_linear *l = reads(p);
    const int C = p->m->hidden;
    const bool together = p->query || p->kinds || p->at->q_norm != HL_NOWHERE;
    const attention a = {.p = p,
                         .x = take_rows_read(p),
                         .dq = dq,
                         .dqkv = dqkv,
                         .back = p->kinds ? HL_TAKE_ZERO_ROWS(p->scratch, float, r.n, l->out) : dqkv,
                         .normed = norms_first(p) ? HL_TAKE_ROWS(p->scratch, float, r.n, C) : whole_of(p, p->b.x, &r),
                         .dnormed = HL_TAKE_ROWS(p->scratch, float, r.n, C)};
    const int shares = together ? 1 : shares_of(p, p->all.n);
    float *into = p->kinds ? HL_TAKE_ZERO_ROWS(p->scratch, float, r.n, C) : dx;
    hl_shares_run(shares, p->all.n, attend_in_backward, &a, p->scratch);
    if (p->query) queries_backward(p, &a);
    add_weights(p, (product[]){{&p->at->o, dy, p->b.o, &p->out}, {l, a.back, a.normed, &r}}, shares);
    p->cut->linear->sum_dx(p, a.dnormed, &r);
    if (p->query) {
        memset(dx, 0, hl_rows_numbers(p->all.n, C) * sizeof *dx);
        hl_rows_scatter_add(dx, d, p->query, p->out.n, C);
    }
    if (norms_first(p)) p->cut->rows->norm_backward(p, into, a.dnormed, a.x, p->b.rstd, (size_t)p->at->norm, &r);
    else hl_add(mine_of(p, into, &r), mine_of(p, a.dnormed, &r), numbers_kept(p, &r));
    if (p->kinds) hl_rows_scatter_add(d, into, p->pack.first, r.n, C);
}

static void attend_backward(const hl_pass *p, float *dx, float *d)
{
    const size_t mark = hl_arena_mark(p->scratch);
    float *d_o = HL_TAKE_ROWS(p->scratch, float, p->out.n, p->at->o.in),
          *dqkv = HL_TAKE_ROWS(p->scratch, float, p->all.n, reads(p)->out),
          *dq = HL_TAKE_ROWS(p->scratch, float, p->query ? p->out.n : 0, p->at->q.out);
    p->cut->rows->gather(p, d, &p->out);
    const float *dy = before_dropping(p, d, HL_DROP_ATTENTION, &p->out);
    p->cut->linear->backward(p, d_o, dy, NULL, &p->at->o, &p->out);
    hl_see_backward(p, dq, dqkv, d_o);
    attend_rows_backward(p, dx, d, dy, dq, dqkv);
    hl_arena_back(p->scratch, mark);
}

void hl_block_backward(float *dx, float *d, const hl_pass *p)
{
    run_mlp(p, mlp_backward, &(block_rows){p, d});
    attend_backward(p, dx, d);
}
