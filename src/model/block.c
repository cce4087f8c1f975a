/* block.c - one Llama block over packed sequences, forward and backward.
 *
 * Normalised rows and the gated product are recomputed in the backward: a pass over memory each, against a third of the
 * saved activations. */
#include "model/block.h"
#include "base/part.h"
#include "math/linear.h"
#include "math/product.h"
#include "math/rmsnorm.h"
#include "math/rope.h"
#include "math/rows.h"
#include "math/sliced.h"
#include "math/swiglu.h"
#include "model/sequence-part.h"
#include "model/see.h"
#include <omp.h>
#include <string.h>

/* ---- products */

/* The matrices that are one to a product. */
static hl_pieces qkv_of(const hl_stack *m, const hl_widths *s)
{
    return (hl_pieces){m->slices, 3, {s->od, s->K * s->d, s->K * s->d}};
}
static hl_pieces q_of(const hl_stack *m, const hl_widths *s) { return (hl_pieces){m->slices, 1, {s->od}}; }
static hl_pieces kv_of(const hl_stack *m, const hl_widths *s)
{
    return (hl_pieces){m->slices, 2, {s->K * s->d, s->K * s->d}};
}
static hl_pieces gate_up_of(const hl_stack *m, const hl_widths *s) { return (hl_pieces){m->slices, 2, {s->F, s->F}}; }

/* A column-parallel linear layer, whose output peers divide: y (T, columns of p) = x (T, D) w^T. */
static void column_parallel_forward(float *y, const hl_stack *m, const float *x, const float *w, int T, hl_pieces p)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_column_parallel_forward(y, x, w, T, D, &p);
    else hl_linear_forward(y, x, w, T, D, hl_pieces_width(&p));
}

static void column_parallel_backward(float *dx, float *dw, const hl_stack *m, const float *dy, const float *x,
                                     const float *w, int T, hl_pieces p, hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_column_parallel_backward(dx, dw, dy, x, w, T, D, &p, scratch);
    else hl_linear_backward(dx, dw, dy, x, w, T, D, hl_pieces_width(&p));
}

/* A row-parallel linear layer, whose input peers divide, K of it mine: y (T, D) = x (T, K) w^T, to be summed over
 * peers. */
static void row_parallel_forward(float *y, const hl_stack *m, const float *x, const float *w, int T, int K,
                                 hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_row_parallel_forward(y, x, w, T, K, D, m->slices, scratch);
    else hl_linear_forward(y, x, w, T, K, D);
}

static void row_parallel_backward(float *dx, float *dw, const hl_stack *m, const float *dy, const float *x,
                                  const float *w, int T, int K)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_row_parallel_backward(dx, dw, dy, x, w, T, K, D);
    else hl_linear_backward(dx, dw, dy, x, w, T, K, D);
}

/* The two around attention. */
static void project_in(float *y, const hl_stack *m, const float *x, const float *w, int T, hl_pieces p,
                       hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (hl_stack_is_careful(m, D)) hl_linear_forward_double(y, x, w, T, D, hl_pieces_width(&p), scratch);
    else column_parallel_forward(y, m, x, w, T, p);
}

static void project_out(float *y, const hl_stack *m, const float *x, const float *w, int T, int K, hl_arena *scratch)
{
    if (hl_stack_is_careful(m, K)) hl_linear_forward_double(y, x, w, T, K, m->shape.hidden_size, scratch);
    else row_parallel_forward(y, m, x, w, T, K, scratch);
}

/* ---- threads: where peers have nothing to add, each takes some rows through several ops, and waits for the others
 * once */

/* How many shares n rows have; 1: they go together, and threads share each op.  So they do where a layer's matrices
 * do not fit a cache: of all cores, since threads that multiply by the same one at a time read it once; of each
 * core, where products are our own, since each thread then packs them for itself.  Then no parallel region may
 * surround the ops: OpenMP would make new threads for each region within it. */
static int shares_of(const hl_stack *m, int n)
{
    enum { CACHED = 1 << 22, CACHED_EACH = 1 << 18 };
    const hl_widths s = hl_widths_of(m);
    const int threads = omp_in_parallel() ? 1 : omp_get_max_threads(), narrow = s.F < s.od ? s.F : s.od,
              side = s.D < narrow ? s.D : narrow;
    const bool own = hl_product_is_faster(n / threads, side, side),
               large = 2 * (size_t)s.F * (size_t)s.D > (own ? CACHED_EACH : CACHED);
    return m->tp->size > 1 || m->slices || !hl_math_is_fp32() || large || n < threads * HL_LINEAR_LEAST_ROWS ? 1
                                                                                                             : threads;
}

/* Memory of a thread; it stays until the thread ends, so that after the largest share nothing is allocated. */
static hl_arena *own_room(void)
{
    static _Thread_local hl_arena room;
    if (!room.growing) room = hl_arena_growing("rows of a layer");
    return &room;
}

/* dw (F, D) += dy^T x over T tokens. */
typedef struct {
    float *dw;
    const float *dy, *x;
    int F, D;
} weight_gradient;

/* Two of them, which do not depend on one another: each thread has rows of both. */
static void weights_backward(const weight_gradient g[2], int T, int threads)
{
    if (g[0].F < threads * HL_LINEAR_LEAST_ROWS || g[1].F < threads * HL_LINEAR_LEAST_ROWS) {
        for (int k = 0; k < 2; k++) hl_linear_weights(g[k].dw, g[k].dy, g[k].x, T, g[k].D, g[k].F, 0, g[k].F);
        return;
    }
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < threads; i++)
        for (int k = 0; k < 2; k++)
            hl_linear_weights(g[k].dw, g[k].dy, g[k].x, T, g[k].D, g[k].F, (int)hl_part_begin(g[k].F, threads, i),
                              (int)hl_part_begin(g[k].F, threads, i + 1));
}

/* ---- forward */

/* rope(q), rope(k), v = proj(norm(x)) of T rows. */
static void attend_rows_in(hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                           const int *position, int T, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const size_t mark = hl_arena_mark(scratch);
    const hl_sequence_part mine = hl_sequence_part_of(m, T, m->tp->sequence_parallel, scratch);
    float *normed = HL_TAKE_ROWS(scratch, float, T, s.D);
    hl_rmsnorm_forward(normed + hl_sequence_part_first(m, &mine), b->rstd, b->x, w + at->norm, mine.n, s.D, s.eps);
    hl_sequence_part_all_gather(normed, m, &mine);
    project_in(b->qkv, m, normed, w + at->qkv, T, qkv_of(m, &s), scratch);
    hl_rope_turn(b->qkv, position, m->rope, T, s.H + s.K, s.d, s.qkv, 1);
    hl_arena_back(scratch, mark);
}

/* The same for all rows, where those of a kind have it in common. */
static void attend_kinds_in(hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                            const hl_pack *pack, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)pack->kinds * (size_t)s.D;
    float *x = HL_TAKE(scratch, float, n), *normed = HL_TAKE(scratch, float, n),
          *qkv = HL_TAKE_ROWS(scratch, float, pack->kinds, s.qkv);
    hl_rows_gather(x, b->x, pack->first, pack->kinds, s.D);
    hl_rmsnorm_forward(normed, b->rstd, x, w + at->norm, pack->kinds, s.D, s.eps);
    project_in(qkv, m, normed, w + at->qkv, pack->kinds, qkv_of(m, &s), scratch);
    hl_rows_gather(b->qkv, qkv, pack->kind, pack->T, s.qkv);
    hl_rope_turn(b->qkv, pack->position, m->rope, pack->T, s.H + s.K, s.d, s.qkv, 1);
    hl_arena_back(scratch, mark);
}

/* h = x + o_proj(what attention says) of T rows. */
static void attend_rows_out(hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w, int T,
                            hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const size_t mark = hl_arena_mark(scratch);
    const hl_sequence_part mine = hl_sequence_part_of(m, T, m->tp->sequence_parallel, scratch);
    const size_t size = (size_t)mine.n * (size_t)s.D;
    float *out = mine.sequence_parallel ? HL_TAKE_ROWS(scratch, float, T, s.D) : b->h;
    project_out(out, m, b->o, w + at->o, T, s.od, scratch);
    hl_sequence_part_reduce(out, m, &mine, T);
    if (mine.sequence_parallel) memcpy(b->h, out + hl_sequence_part_first(m, &mine), size * sizeof *out);
    hl_add(b->h, b->x, size);
    hl_arena_back(scratch, mark);
}

static const int *positions_of(const hl_pack *pack, const int *row, hl_arena *scratch)
{
    int *position = HL_TAKE(scratch, int, pack->segments);
    for (int i = 0; i < pack->segments; i++) position[i] = pack->position[row[i]];
    return position;
}

/* h = x + o_proj(attention(norm(x))) for the last row of each segment: all keys and values, but one query each. */
static void attend_last_forward(hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                                const hl_pack *pack, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    int n = pack->segments, kv = s.qkv - s.od;
    size_t mark = hl_arena_mark(scratch), size = (size_t)n * (size_t)s.D;
    float *normed = HL_TAKE_ROWS(scratch, float, pack->T, s.D), *few = HL_TAKE(scratch, float, size),
          *x = HL_TAKE(scratch, float, size);
    const int *row = hl_pack_last_rows(pack, scratch), *position = positions_of(pack, row, scratch);
    hl_rmsnorm_forward(normed, b->rstd, b->x, w + at->norm, pack->T, s.D, s.eps);
    hl_rows_gather(few, normed, row, n, s.D);
    project_in(b->q, m, few, w + at->qkv, n, q_of(m, &s), scratch);
    project_in(b->qkv, m, normed, w + at->qkv + (size_t)s.od * (size_t)s.D, pack->T, kv_of(m, &s), scratch);
    hl_rope_turn(b->q, position, m->rope, n, s.H, s.d, s.od, 1);
    hl_rope_turn(b->qkv, pack->position, m->rope, pack->T, s.K, s.d, kv, 1);
    hl_see_last_forward(b, m, pack);
    project_out(b->h, m, b->o, w + at->o, n, s.od, scratch);
    m->tp->all_reduce(m->tp, b->h, size);
    hl_rows_gather(x, b->x, row, n, s.D);
    hl_add(b->h, x, size);
    hl_arena_back(scratch, mark);
}

/* An MLP meets each token alone.  A narrow one takes so few at a time that what passes between its products stays in
 * the cache; a wide one is bound by its products, and peers sum all tokens at once. */
static int rows_at_once(const hl_stack *m, int T)
{
    enum { NUMBERS = 1 << 16, LEAST = 192 };
    const int few = NUMBERS / (m->width + 1);
    return m->tp->size > 1 || m->slices || few < LEAST || few > T ? T : few;
}

/* Of what an MLP saves, the rows from t on. */
static hl_block_saved mlp_rows_from(const hl_block_saved *b, const hl_stack *m, int t)
{
    hl_block_saved rest = *b;
    rest.h += (size_t)t * (size_t)m->shape.hidden_size;
    rest.mlp_rstd += t;
    rest.gu += (size_t)t * 2 * (size_t)m->width;
    return rest;
}

/* y = h + down(swiglu(norm(h))); of T rows y gets mine. */
static void mlp_rows_forward(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w, int T,
                             bool sequence_parallel, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D;
    const hl_sequence_part mine = hl_sequence_part_of(m, T, sequence_parallel, scratch);
    const size_t first = hl_sequence_part_first(m, &mine), size = (size_t)mine.n * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, n), *gated = HL_TAKE_ROWS(scratch, float, T, s.F);
    float *out = sequence_parallel ? HL_TAKE(scratch, float, n) : y;
    hl_rmsnorm_forward(normed + first, b->mlp_rstd, b->h, w + at->mlp_norm, mine.n, s.D, s.eps);
    hl_sequence_part_all_gather(normed, m, &mine);
    column_parallel_forward(b->gu, m, normed, w + at->gate_up, T, gate_up_of(m, &s));
    hl_swiglu_forward(gated, b->gu, T, s.F);
    row_parallel_forward(out, m, gated, w + at->down, T, s.F, scratch);
    hl_sequence_part_reduce(out, m, &mine, T);
    if (sequence_parallel) memcpy(y, out + first, size * sizeof *out);
    hl_add(y, b->h, size);
    hl_arena_back(scratch, mark);
}

static void mlp_forward(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w, int T,
                        bool sequence_parallel, hl_arena *scratch)
{
    const int rows = rows_at_once(m, T);
    for (int t = 0; t < T; t += rows) {
        hl_block_saved some = mlp_rows_from(b, m, t);
        mlp_rows_forward(y + (size_t)t * (size_t)m->shape.hidden_size, &some, m, at, w, T - t < rows ? T - t : rows,
                         sequence_parallel, scratch);
    }
}

/* Of what a block saves that reads out all rows, those from t on. */
static hl_block_saved rows_from(const hl_block_saved *b, const hl_stack *m, int t)
{
    const hl_widths s = hl_widths_of(m);
    const size_t at = (size_t)t;
    hl_block_saved rest = mlp_rows_from(b, m, t);
    rest.x += at * (size_t)s.D;
    rest.rstd += at;
    rest.qkv += at * (size_t)s.qkv;
    rest.o += at * (size_t)s.od;
    return rest;
}

/* As attend_rows_in, in so many shares. */
static void attend_shares_in(hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                             const int *position, int T, int shares)
{
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < shares; i++) {
        const int t = (int)hl_part_begin(T, shares, i);
        hl_block_saved some = rows_from(b, m, t);
        attend_rows_in(&some, m, at, w, position + t, (int)hl_part_count(T, shares, i), own_room());
    }
}

/* What comes after the scores: the projection and the MLP of T rows. */
static void rows_out(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w, int T,
                     bool sequence_parallel, hl_arena *scratch)
{
    attend_rows_out(b, m, at, w, T, scratch);
    mlp_forward(y, b, m, at, w, T, sequence_parallel, scratch);
}

static void shares_out(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w, int T,
                       int shares, bool sequence_parallel)
{
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < shares; i++) {
        const int t = (int)hl_part_begin(T, shares, i);
        hl_block_saved some = rows_from(b, m, t);
        rows_out(y + (size_t)t * (size_t)m->shape.hidden_size, &some, m, at, w, (int)hl_part_count(T, shares, i),
                 sequence_parallel, own_room());
    }
}

void hl_block_forward(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                      const hl_pack *pack, bool kinds, bool sequence_parallel, hl_arena *scratch)
{
    const int T = pack->T, shares = shares_of(m, T);
    if (kinds) attend_kinds_in(b, m, at, w, pack, scratch);
    else if (shares > 1) attend_shares_in(b, m, at, w, pack->position, T, shares);
    else attend_rows_in(b, m, at, w, pack->position, T, scratch);
    hl_see_forward(b, m, pack);
    if (shares > 1) shares_out(y, b, m, at, w, T, shares, sequence_parallel);
    else rows_out(y, b, m, at, w, T, sequence_parallel, scratch);
}

void hl_block_last_forward(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                           const hl_pack *pack, hl_arena *scratch)
{
    attend_last_forward(b, m, at, w, pack, scratch);
    mlp_forward(y, b, m, at, w, pack->segments, false, scratch);
}

/* ---- backward */

/* What passes between the products of an MLP: (T, F), twice that, and (T, D). */
typedef struct {
    float *gated, *dgated, *dgu, *normed, *dnormed;
} mlp_rows;

/* dnormed, and the gradients of the weights, given normed and d (T, D), the gradient of the output. */
static void mlp_products_backward(const mlp_rows *r, float *dw, const float *d, const hl_block_saved *b,
                                  const hl_stack *m, const hl_block *at, const float *w, int T, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    row_parallel_backward(r->dgated, NULL, m, d, NULL, w + at->down, T, s.F);
    hl_swiglu_backward(r->dgu, r->gated, r->dgated, b->gu, T, s.F);
    row_parallel_backward(NULL, dw + at->down, m, d, r->gated, NULL, T, s.F);
    column_parallel_backward(r->dnormed, dw + at->gate_up, m, r->dgu, r->normed, w + at->gate_up, T, gate_up_of(m, &s),
                             scratch);
}

/* The same in shares. */
static void mlp_shares_backward(const mlp_rows *r, float *dw, const float *d, const hl_block_saved *b,
                                const hl_stack *m, const hl_block *at, const float *w, int T, int shares)
{
    const hl_widths s = hl_widths_of(m);
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < shares; i++) {
        const size_t t = (size_t)hl_part_begin(T, shares, i), D = (size_t)s.D, F = (size_t)s.F;
        const int some = (int)hl_part_count(T, shares, i);
        hl_linear_backward(r->dgated + t * F, NULL, d + t * D, NULL, w + at->down, some, s.F, s.D);
        hl_swiglu_backward(r->dgu + t * 2 * F, r->gated + t * F, r->dgated + t * F, b->gu + t * 2 * F, some, s.F);
        hl_linear_backward(r->dnormed + t * D, NULL, r->dgu + t * 2 * F, NULL, w + at->gate_up, some, s.D, 2 * s.F);
    }
    weights_backward((weight_gradient[]){{dw + at->down, d, r->gated, s.D, s.F},
                                         {dw + at->gate_up, r->dgu, r->normed, 2 * s.F, s.D}},
                     T, shares);
}

/* d (T, D) holds my rows of dy and these become dh; alike: so they are on all peers. */
static void mlp_rows_backward(float *d, float *dw, const hl_block_saved *b, const hl_stack *m, const hl_block *at,
                              const float *w, int T, bool sequence_parallel, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D, nf = (size_t)T * (size_t)s.F;
    const mlp_rows r = {HL_TAKE(scratch, float, nf), HL_TAKE(scratch, float, nf), HL_TAKE(scratch, float, 2 * nf),
                        HL_TAKE(scratch, float, n), HL_TAKE(scratch, float, n)};
    const hl_sequence_part mine = hl_sequence_part_of(m, T, sequence_parallel, scratch);
    const size_t first = hl_sequence_part_first(m, &mine);
    const int shares = shares_of(m, T);
    hl_sequence_part_all_gather(d, m, &mine);
    hl_rmsnorm_again(r.normed + first, b->mlp_rstd, b->h, w + at->mlp_norm, mine.n, s.D);
    hl_sequence_part_all_gather(r.normed, m, &mine);
    if (shares > 1) mlp_shares_backward(&r, dw, d, b, m, at, w, T, shares);
    else mlp_products_backward(&r, dw, d, b, m, at, w, T, scratch);
    hl_sequence_part_reduce(r.dnormed, m, &mine, T);
    hl_rmsnorm_backward(d + first, hl_sequence_part_norm_gradient(dw + at->mlp_norm, m, !sequence_parallel, scratch),
                        r.dnormed + first, b->h, w + at->mlp_norm, b->mlp_rstd, mine.n, s.D);
    hl_arena_back(scratch, mark);
}

static void mlp_backward(float *d, float *dw, const hl_block_saved *b, const hl_stack *m, const hl_block *at,
                         const float *w, int T, bool sequence_parallel, hl_arena *scratch)
{
    const int rows = rows_at_once(m, T);
    for (int t = 0; t < T; t += rows) {
        const hl_block_saved some = mlp_rows_from(b, m, t);
        mlp_rows_backward(d + (size_t)t * (size_t)m->shape.hidden_size, dw, &some, m, at, w,
                          T - t < rows ? T - t : rows, sequence_parallel, scratch);
    }
}

/* d (T, D) += what goes back from dqkv (T, (H + 2K) d) through the projections and the norm. */
static void attend_rows_in_backward(float *d, float *dw, float *dqkv, const hl_block_saved *b, const hl_stack *m,
                                    const hl_block *at, const float *w, const int *position, int T, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, n), *dnormed = HL_TAKE(scratch, float, n);
    const hl_sequence_part mine = hl_sequence_part_of(m, T, m->tp->sequence_parallel, scratch);
    const size_t first = hl_sequence_part_first(m, &mine);
    hl_rope_turn(dqkv, position, m->rope, T, s.H + s.K, s.d, s.qkv, -1);
    hl_rmsnorm_again(normed + first, b->rstd, b->x, w + at->norm, mine.n, s.D);
    hl_sequence_part_all_gather(normed, m, &mine);
    column_parallel_backward(dnormed, dw + at->qkv, m, dqkv, normed, w + at->qkv, T, qkv_of(m, &s), scratch);
    hl_sequence_part_reduce(dnormed, m, &mine, T);
    hl_rmsnorm_backward(d + first, dw + at->norm, dnormed + first, b->x, w + at->norm, b->rstd, mine.n, s.D);
    hl_arena_back(scratch, mark);
}

/* The same where rows of a kind have it in common: the first of each gets what goes back to all. */
static void attend_kinds_in_backward(float *d, float *dw, float *dqkv, const hl_block_saved *b, const hl_stack *m,
                                     const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)pack->kinds * (size_t)s.D;
    float *x = HL_TAKE(scratch, float, n), *dx = HL_TAKE_ZERO(scratch, float, n), *normed = HL_TAKE(scratch, float, n),
          *dnormed = HL_TAKE(scratch, float, n);
    float *sum = HL_TAKE_ZERO_ROWS(scratch, float, pack->kinds, s.qkv);
    hl_rope_turn(dqkv, pack->position, m->rope, pack->T, s.H + s.K, s.d, s.qkv, -1);
    hl_rows_scatter_add(sum, dqkv, pack->kind, pack->T, s.qkv);
    hl_rows_gather(x, b->x, pack->first, pack->kinds, s.D);
    hl_rmsnorm_again(normed, b->rstd, x, w + at->norm, pack->kinds, s.D);
    column_parallel_backward(dnormed, dw + at->qkv, m, sum, normed, w + at->qkv, pack->kinds, qkv_of(m, &s), scratch);
    m->tp->all_reduce(m->tp, dnormed, n);
    hl_rmsnorm_backward(dx, dw + at->norm, dnormed, x, w + at->norm, b->rstd, pack->kinds, s.D);
    hl_rows_scatter_add(d, dx, pack->first, pack->kinds, s.D);
    hl_arena_back(scratch, mark);
}

/* Attention's products in shares, where nothing is to be summed over peers: as attend_rows_in_backward, and the
 * gradient of o_proj, of which d still is that of the output. */
static void attend_shares_in_backward(float *d, float *dw, float *dqkv, const hl_block_saved *b, const hl_stack *m,
                                      const hl_block *at, const float *w, const int *position, int T, int shares,
                                      hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, n), *dnormed = HL_TAKE(scratch, float, n);
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < shares; i++) {
        const size_t t = (size_t)hl_part_begin(T, shares, i), D = (size_t)s.D;
        const int some = (int)hl_part_count(T, shares, i);
        float *its = dqkv + t * (size_t)s.qkv;
        hl_rope_turn(its, position + t, m->rope, some, s.H + s.K, s.d, s.qkv, -1);
        hl_rmsnorm_again(normed + t * D, b->rstd + t, b->x + t * D, w + at->norm, some, s.D);
        hl_linear_backward(dnormed + t * D, NULL, its, NULL, w + at->qkv, some, s.D, s.qkv);
    }
    weights_backward((weight_gradient[]){{dw + at->o, d, b->o, s.D, s.od}, {dw + at->qkv, dqkv, normed, s.qkv, s.D}}, T,
                     shares);
    hl_rmsnorm_backward(d, dw + at->norm, dnormed, b->x, w + at->norm, b->rstd, T, s.D);
    hl_arena_back(scratch, mark);
}

/* d (T, D) holds my rows of dh and these become dx. */
static void attend_backward(float *d, float *dw, const hl_block_saved *b, const hl_stack *m, const hl_block *at,
                            const float *w, const hl_pack *pack, bool kinds, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    const int T = pack->T, shares = kinds ? 1 : shares_of(m, T);
    const size_t mark = hl_arena_mark(scratch);
    float *d_o = HL_TAKE_ROWS(scratch, float, T, s.od), *dqkv = HL_TAKE_ROWS(scratch, float, T, s.qkv);
    const hl_sequence_part mine = hl_sequence_part_of(m, T, m->tp->sequence_parallel, scratch);
    hl_sequence_part_all_gather(d, m, &mine);
    row_parallel_backward(d_o, shares > 1 ? NULL : dw + at->o, m, d, b->o, w + at->o, T, s.od);
    hl_see_backward(dqkv, d_o, b, m, pack, scratch);
    if (kinds) attend_kinds_in_backward(d, dw, dqkv, b, m, at, w, pack, scratch);
    else if (shares > 1) attend_shares_in_backward(d, dw, dqkv, b, m, at, w, pack->position, T, shares, scratch);
    else attend_rows_in_backward(d, dw, dqkv, b, m, at, w, pack->position, T, scratch);
    hl_arena_back(scratch, mark);
}

/* d (T, D) += few (n, D) at some rows, both over all peers: two sums where each has an order of its own to keep. */
static void sum_over_peers(float *d, float *few, const hl_stack *m, int T, int n, const int *row)
{
    const int D = m->shape.hidden_size;
    if (m->slices) m->tp->all_reduce(m->tp, few, (size_t)n * (size_t)D);
    if (!m->slices) hl_rows_scatter_add(d, few, row, n, D);
    m->tp->all_reduce(m->tp, d, (size_t)T * (size_t)D);
    if (m->slices) hl_rows_scatter_add(d, few, row, n, D);
}

/* dh (segments, D) of the last rows becomes dx (T, D), which is overwritten. */
static void attend_last_backward(float *dx, const float *dh, float *dw, const hl_block_saved *b, const hl_stack *m,
                                 const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const hl_widths s = hl_widths_of(m);
    int T = pack->T, n = pack->segments, kv = s.qkv - s.od;
    size_t mark = hl_arena_mark(scratch), all = (size_t)T * (size_t)s.D, size = (size_t)n * (size_t)s.D,
           wkv = at->qkv + (size_t)s.od * (size_t)s.D;
    const int *row = hl_pack_last_rows(pack, scratch), *position = positions_of(pack, row, scratch);
    float *d_o = HL_TAKE_ROWS(scratch, float, n, s.od), *dq = HL_TAKE_ROWS(scratch, float, n, s.od);
    float *dkv = HL_TAKE_ROWS(scratch, float, T, kv);
    float *normed = HL_TAKE(scratch, float, all), *dnormed = HL_TAKE(scratch, float, all);
    float *few = HL_TAKE(scratch, float, size), *dfew = HL_TAKE(scratch, float, size);
    row_parallel_backward(d_o, dw + at->o, m, dh, b->o, w + at->o, n, s.od);
    hl_see_last_backward(dq, dkv, d_o, b, m, pack, scratch);
    hl_rope_turn(dq, position, m->rope, n, s.H, s.d, s.od, -1);
    hl_rope_turn(dkv, pack->position, m->rope, T, s.K, s.d, kv, -1);
    hl_rmsnorm_again(normed, b->rstd, b->x, w + at->norm, T, s.D);
    hl_rows_gather(few, normed, row, n, s.D);
    column_parallel_backward(dfew, dw + at->qkv, m, dq, few, w + at->qkv, n, q_of(m, &s), scratch);
    column_parallel_backward(dnormed, dw + wkv, m, dkv, normed, w + wkv, T, kv_of(m, &s), scratch);
    sum_over_peers(dnormed, dfew, m, T, n, row);
    memset(dx, 0, all * sizeof *dx);
    hl_rows_scatter_add(dx, dh, row, n, s.D);
    hl_rmsnorm_backward(dx, hl_sequence_part_norm_gradient(dw + at->norm, m, true, scratch), dnormed, b->x,
                        w + at->norm, b->rstd, T, s.D);
    hl_arena_back(scratch, mark);
}

void hl_block_backward(float *d, float *dw, const hl_block_saved *b, const hl_stack *m, const hl_block *at,
                       const float *w, const hl_pack *pack, bool kinds, hl_arena *scratch)
{
    mlp_backward(d, dw, b, m, at, w, pack->T, m->tp->sequence_parallel, scratch);
    attend_backward(d, dw, b, m, at, w, pack, kinds, scratch);
}

void hl_block_last_backward(float *dx, float *d, float *dw, const hl_block_saved *b, const hl_stack *m,
                            const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    mlp_backward(d, dw, b, m, at, w, pack->segments, false, scratch);
    attend_last_backward(dx, d, dw, b, m, at, w, pack, scratch);
}
