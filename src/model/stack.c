/* stack.c - a stack of Llama blocks over packed sequences, forward and backward.
 *
 * The forward keeps the inputs of the products that cannot be made again cheaply; normalised rows and the
 * gated product are made again in the backward: a pass over memory each, against a third of the trace. */
#include "model/stack.h"
#include "base/error.h"
#include "base/part.h"
#include "math/linear.h"
#include "math/product.h"
#include "math/rmsnorm.h"
#include "math/rope.h"
#include "math/rows.h"
#include "math/sliced.h"
#include "math/swiglu.h"
#include "model/grid-stack.h"
#include "model/see.h"
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The widths that every function here needs. */
typedef struct {
    int D, F, H, K, d, qkv, od; /* qkv = (H + 2K) d, od = H d */
    float eps;
} widths;

static widths widths_of(const hl_stack *m)
{
    int H = m->heads.H, K = m->heads.K, d = m->heads.d;
    return (widths){.D = m->shape.hidden_size, .F = m->width, .H = H, .K = K, .d = d, .qkv = (H + 2 * K) * d, .od = H * d,
                    .eps = (float)m->shape.rms_norm_eps};
}

static size_t offset_of(const hl_params *table, const char *side, const char *format, int layer)
{
    char tail[80], name[112];
    snprintf(tail, sizeof tail, format, layer);
    snprintf(name, sizeof name, "%s_llm.model.%s.weight", side, tail);
    const hl_param *p = hl_params_find(table, name);
    HL_CHECK(p != NULL);
    return p->offset;
}

void hl_stack_open(hl_stack *m, const hl_llama *shape, const hl_params *table, const char *side, hl_llama_layers layers, int positions, const hl_peers *peers)
{
    const hl_llama_share mine = hl_llama_share_of(shape, hl_peers_column(peers), hl_peers_columns(peers));
    *m = (hl_stack){.shape = *shape, .peers = peers, .keeper = &hl_keeps_all, .positions = positions, .width = (int)(mine.width.end - mine.width.begin),
                    .layers = layers.end - layers.begin, .first = layers.begin == 0, .last = layers.end == shape->num_hidden_layers};
    m->heads = (hl_heads){.H = (int)(mine.query.end - mine.query.begin), .K = (int)(mine.key.end - mine.key.begin), .d = shape->head_dim,
                          .group = shape->num_attention_heads / shape->num_key_value_heads, .lead = mine.lead};
    m->block = hl_alloc((size_t)m->layers * sizeof *m->block);
    for (int i = layers.begin; i < layers.end; i++)
        m->block[i - layers.begin] = (hl_block){
            .norm = offset_of(table, side, "layers.%d.input_layernorm", i),
            .qkv = offset_of(table, side, "layers.%d.self_attn.q_proj", i), /* k and v follow it */
            .o = offset_of(table, side, "layers.%d.self_attn.o_proj", i),
            .mlp_norm = offset_of(table, side, "layers.%d.post_attention_layernorm", i),
            .gate_up = offset_of(table, side, "layers.%d.mlp.gate_proj", i), /* up follows it */
            .down = offset_of(table, side, "layers.%d.mlp.down_proj", i),
        };
    if (m->last) m->last_norm = offset_of(table, side, "norm", 0);
    m->hidden = shape->hidden_size;
    if (peers->rows) {
        m->grid = hl_grid_axes_new(m);
        m->hidden = m->grid->hidden[hl_peers_column(peers) + 1] - m->grid->hidden[hl_peers_column(peers)];
    }
    m->rope = hl_alloc((size_t)positions * (size_t)shape->head_dim * sizeof *m->rope);
    hl_rope_table(m->rope, positions, shape->head_dim, shape->rope_theta);
}

void hl_stack_close(hl_stack *m)
{
    hl_grid_axes_free(m->grid);
    free(m->block);
    free(m->rope);
    *m = (hl_stack){0};
}

static bool is_read_out(const hl_stack *m, const hl_pack *pack, int layer)
{
    return m->last && pack->last_only && layer == m->layers - 1;
}

/* How many rows of a block's input and output are mine to keep. */
static size_t rows_kept(const hl_stack *m, int T, bool apart)
{
    return (size_t)(apart ? hl_part_count(T, m->peers->size, m->peers->rank) : T);
}

/* Does a block keep its rows apart?  Not where it reads out some of them. */
static bool is_apart(const hl_stack *m, const hl_pack *pack, int layer)
{
    return m->peers->rows_apart && !is_read_out(m, pack, layer);
}

/* Do rows of a kind share their queries, keys and values before rotation?  In the first block, where all have the same input; not where
 * rows are divided, nor where bits are promised over layouts that divide them. */
static bool has_kinds(const hl_stack *m, const hl_pack *pack, int layer)
{
    return pack->kinds && m->first && layer == 0 && !is_read_out(m, pack, layer) && !m->grid && !m->peers->rows_apart && !m->slices;
}

/* What I compute of a pack. */
static hl_pack share_of(const hl_stack *m, const hl_pack *pack)
{
    return m->grid ? hl_grid_stack_share(m, pack) : *pack;
}

void hl_stack_trace_lay(hl_stack_trace *t, const hl_stack *m, const hl_pack *whole, hl_arena *arena)
{
    const hl_pack mine = share_of(m, whole), *pack = &mine;
    const widths s = widths_of(m);
    size_t T = (size_t)pack->T, D = (size_t)m->hidden;
    t->T = pack->T;
    t->block = HL_TAKE(arena, hl_block_trace, m->layers);
    for (int i = 0; i < m->layers; i++) {
        bool last = is_read_out(m, pack, i), apart = is_apart(m, pack, i);
        size_t n = last ? (size_t)pack->segments : T, rows = rows_kept(m, pack->T, apart), kept = last ? n : rows;
        hl_block_trace b;
        b.x = HL_TAKE(arena, float, rows * D);
        b.rstd = HL_TAKE(arena, float, rows);
        b.qkv = HL_TAKE(arena, float, T * (size_t)(last ? s.qkv - s.od : s.qkv));
        b.q = HL_TAKE(arena, float, last ? n * (size_t)s.od : 0);
        b.o = HL_TAKE(arena, float, n * (size_t)s.od);
        b.lse = HL_TAKE(arena, float, n * (size_t)s.H);
        b.h = HL_TAKE(arena, float, kept * D);
        b.mlp_rstd = HL_TAKE(arena, float, kept);
        b.gu = HL_TAKE(arena, float, n * 2 * (size_t)s.F);
        if (!arena->measuring) t->block[i] = b;
    }
    size_t out = m->last ? rows_kept(m, hl_pack_rows(pack), m->peers->rows_apart && !pack->last_only) : 0;
    t->x = HL_TAKE(arena, float, out * D);
    t->rstd = HL_TAKE(arena, float, out);
}

/* ---- rows between products: all on every peer, or each peer's some (hl_peers.rows_apart) */

/* Mine of T rows of D numbers, [begin, begin + n), and where each peer's begin. */
typedef struct {
    bool apart;
    int begin, n;
    size_t *at; /* (peers + 1) in numbers, where they are apart */
} row_share;

static row_share rows_of(const hl_stack *m, int T, bool apart, hl_arena *scratch)
{
    const hl_peers *p = m->peers;
    row_share r = {apart, 0, T, NULL};
    if (!apart) return r;
    r.begin = (int)hl_part_begin(T, p->size, p->rank);
    r.n = (int)hl_part_count(T, p->size, p->rank);
    r.at = HL_TAKE(scratch, size_t, p->size + 1);
    for (int i = 0; i <= p->size; i++) r.at[i] = (size_t)hl_part_begin(T, p->size, i) * (size_t)m->shape.hidden_size;
    return r;
}

static size_t first_of(const hl_stack *m, const row_share *r)
{
    return (size_t)r->begin * (size_t)m->shape.hidden_size;
}

/* x (T, D) has my rows; now it has all. */
static void gather_rows(float *x, const hl_stack *m, const row_share *r)
{
    if (r->apart) m->peers->gather_blocks(m->peers, x, r->at);
}

/* x (T, D) of all peers added, as far as the rows are mine. */
static void sum_rows(float *x, const hl_stack *m, const row_share *r, int T)
{
    if (r->apart) m->peers->sum_blocks(m->peers, x, r->at);
    else m->peers->sum(m->peers, x, (size_t)T * (size_t)m->shape.hidden_size);
}

/* Where the gradient of a norm's weight goes.  Where peers have rows of their own, all their parts count (hl_params_join); then
 * what all have alike is one's alone, the others' goes nowhere. */
static float *norm_gradient(float *dw, const hl_stack *m, bool alike, hl_arena *scratch)
{
    const bool counts = !m->peers->rows_apart || !alike || m->peers->rank == 0;
    return counts ? dw : HL_TAKE_ZERO(scratch, float, m->shape.hidden_size);
}

/* ---- products */

/* The matrices that are one to a product. */
static hl_pieces qkv_of(const hl_stack *m, const widths *s) { return (hl_pieces){m->slices, 3, {s->od, s->K * s->d, s->K * s->d}}; }
static hl_pieces q_of(const hl_stack *m, const widths *s) { return (hl_pieces){m->slices, 1, {s->od}}; }
static hl_pieces kv_of(const hl_stack *m, const widths *s) { return (hl_pieces){m->slices, 2, {s->K * s->d, s->K * s->d}}; }
static hl_pieces gate_up_of(const hl_stack *m, const widths *s) { return (hl_pieces){m->slices, 2, {s->F, s->F}}; }

/* Products whose output peers divide: y (T, columns of p) = x (T, D) w^T. */
static void columns_forward(float *y, const hl_stack *m, const float *x, const float *w, int T, hl_pieces p)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_columns_forward(y, x, w, T, D, &p);
    else hl_linear_forward(y, x, w, T, D, hl_pieces_width(&p));
}

static void columns_backward(float *dx, float *dw, const hl_stack *m, const float *dy, const float *x, const float *w, int T, hl_pieces p, hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_columns_backward(dx, dw, dy, x, w, T, D, &p, scratch);
    else hl_linear_backward(dx, dw, dy, x, w, T, D, hl_pieces_width(&p));
}

/* Products whose terms peers divide, my terms K: y (T, D) = x (T, K) w^T, to be summed over peers. */
static void terms_forward(float *y, const hl_stack *m, const float *x, const float *w, int T, int K, hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_terms_forward(y, x, w, T, K, D, m->slices, scratch);
    else hl_linear_forward(y, x, w, T, K, D);
}

static void terms_backward(float *dx, float *dw, const hl_stack *m, const float *dy, const float *x, const float *w, int T, int K)
{
    const int D = m->shape.hidden_size;
    if (m->slices) hl_sliced_terms_backward(dx, dw, dy, x, w, T, K, D);
    else hl_linear_backward(dx, dw, dy, x, w, T, K, D);
}

/* The two around attention. */
static void project_in(float *y, const hl_stack *m, const float *x, const float *w, int T, hl_pieces p, hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (hl_stack_is_careful(m, D)) hl_linear_forward_double(y, x, w, T, D, hl_pieces_width(&p), scratch);
    else columns_forward(y, m, x, w, T, p);
}

static void project_out(float *y, const hl_stack *m, const float *x, const float *w, int T, int K, hl_arena *scratch)
{
    if (hl_stack_is_careful(m, K)) hl_linear_forward_double(y, x, w, T, K, m->shape.hidden_size, scratch);
    else terms_forward(y, m, x, w, T, K, scratch);
}

/* ---- threads: where peers have nothing to add, each takes some rows through several ops, and waits for the others once */

enum { LEAST_SHARE = 128 }; /* rows: each thread packs all of a matrix */

/* How many shares n rows have; 1: they go together, and threads share each op.  So they do in a narrow model, whose products are
 * shared in small jobs, and in one whose matrices do not fit a cache, since threads that multiply by the same one at a time read it
 * once. */
static int shares_of(const hl_stack *m, int n)
{
    enum { CACHED = 1 << 22 };
    const widths s = widths_of(m);
    const int threads = omp_in_parallel() ? 1 : omp_get_max_threads(), narrow = s.F < s.od ? s.F : s.od, side = s.D < narrow ? s.D : narrow;
    const bool large = 2 * (size_t)s.F * (size_t)s.D > CACHED, own = hl_product_is_faster(n / threads, side, side);
    return m->peers->size > 1 || m->slices || !hl_math_is_fp32() || large || own || n < threads * LEAST_SHARE ? 1 : threads;
}

/* Memory of a thread; it stays until the thread ends, so that after the largest share nothing is allocated. */
static hl_arena *own_room(void)
{
    static _Thread_local hl_arena room;
    if (!room.growing) room = hl_arena_growing("rows of a layer");
    return &room;
}

/* dw (F, D) += dy^T x and dw2 (F2, D2) += dy2^T x2 over T tokens. */
typedef struct {
    float *dw;
    const float *dy, *x;
    int F, D;
} weight_gradient;

static void weights_backward(const weight_gradient g[2], int T, int threads)
{
    const int shares = g[0].F < threads * LEAST_SHARE || g[1].F < threads * LEAST_SHARE ? 1 : threads;
#pragma omp parallel for schedule(static, 1) if (shares > 1)
    for (int i = 0; i < shares; i++)
        for (int k = 0; k < 2; k++)
            hl_linear_weights(g[k].dw, g[k].dy, g[k].x, T, g[k].D, g[k].F, (int)hl_part_begin(g[k].F, shares, i), (int)hl_part_begin(g[k].F, shares, i + 1));
}

/* ---- the blocks */

/* rope(q), rope(k), v = proj(norm(x)) of T rows. */
static void attend_rows_in(hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const int *position, int T, hl_arena *scratch)
{
    const widths s = widths_of(m);
    const size_t mark = hl_arena_mark(scratch);
    const row_share mine = rows_of(m, T, m->peers->rows_apart, scratch);
    float *normed = HL_TAKE(scratch, float, (size_t)T * (size_t)s.D);
    hl_rmsnorm_forward(normed + first_of(m, &mine), b->rstd, b->x, w + at->norm, mine.n, s.D, s.eps);
    gather_rows(normed, m, &mine);
    project_in(b->qkv, m, normed, w + at->qkv, T, qkv_of(m, &s), scratch);
    hl_rope_turn(b->qkv, position, m->rope, T, s.H + s.K, s.d, s.qkv, 1);
    hl_arena_back(scratch, mark);
}

/* The same for all rows, where those of a kind have it in common. */
static void attend_kinds_in(hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const widths s = widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)pack->kinds * (size_t)s.D;
    float *x = HL_TAKE(scratch, float, n), *normed = HL_TAKE(scratch, float, n), *qkv = HL_TAKE(scratch, float, (size_t)pack->kinds * (size_t)s.qkv);
    hl_rows_gather(x, b->x, pack->first, pack->kinds, s.D);
    hl_rmsnorm_forward(normed, b->rstd, x, w + at->norm, pack->kinds, s.D, s.eps);
    project_in(qkv, m, normed, w + at->qkv, pack->kinds, qkv_of(m, &s), scratch);
    hl_rows_gather(b->qkv, qkv, pack->kind, pack->T, s.qkv);
    hl_rope_turn(b->qkv, pack->position, m->rope, pack->T, s.H + s.K, s.d, s.qkv, 1);
    hl_arena_back(scratch, mark);
}

/* h = x + o_proj(what attention says) of T rows. */
static void attend_rows_out(hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, int T, hl_arena *scratch)
{
    const widths s = widths_of(m);
    const size_t mark = hl_arena_mark(scratch);
    const row_share mine = rows_of(m, T, m->peers->rows_apart, scratch);
    const size_t size = (size_t)mine.n * (size_t)s.D;
    float *out = mine.apart ? HL_TAKE(scratch, float, (size_t)T * (size_t)s.D) : b->h;
    project_out(out, m, b->o, w + at->o, T, s.od, scratch);
    sum_rows(out, m, &mine, T);
    if (mine.apart) memcpy(b->h, out + first_of(m, &mine), size * sizeof *out);
    hl_add(b->h, b->x, size);
    hl_arena_back(scratch, mark);
}

/* The last row of each segment, and its position. */
static const int *last_rows(const hl_pack *pack, hl_arena *scratch)
{
    int *row = HL_TAKE(scratch, int, pack->segments);
    for (int i = 0; i < pack->segments; i++) row[i] = pack->begin[i + 1] - 1;
    return row;
}

static const int *positions_of(const hl_pack *pack, const int *row, hl_arena *scratch)
{
    int *position = HL_TAKE(scratch, int, pack->segments);
    for (int i = 0; i < pack->segments; i++) position[i] = pack->position[row[i]];
    return position;
}

/* The same for the last row of each segment: all keys and values, but one query each. */
static void attend_last_forward(hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const widths s = widths_of(m);
    int n = pack->segments, kv = s.qkv - s.od;
    size_t mark = hl_arena_mark(scratch), size = (size_t)n * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, (size_t)pack->T * (size_t)s.D), *few = HL_TAKE(scratch, float, size), *x = HL_TAKE(scratch, float, size);
    const int *row = last_rows(pack, scratch), *position = positions_of(pack, row, scratch);
    hl_rmsnorm_forward(normed, b->rstd, b->x, w + at->norm, pack->T, s.D, s.eps);
    hl_rows_gather(few, normed, row, n, s.D);
    project_in(b->q, m, few, w + at->qkv, n, q_of(m, &s), scratch);
    project_in(b->qkv, m, normed, w + at->qkv + (size_t)s.od * (size_t)s.D, pack->T, kv_of(m, &s), scratch);
    hl_rope_turn(b->q, position, m->rope, n, s.H, s.d, s.od, 1);
    hl_rope_turn(b->qkv, pack->position, m->rope, pack->T, s.K, s.d, kv, 1);
    hl_see_last_forward(b, m, pack);
    project_out(b->h, m, b->o, w + at->o, n, s.od, scratch);
    m->peers->sum(m->peers, b->h, size);
    hl_rows_gather(x, b->x, row, n, s.D);
    hl_add(b->h, x, size);
    hl_arena_back(scratch, mark);
}

/* An MLP meets each token alone.  A narrow one takes so few at a time that what passes between its products stays in the
 * cache; a wide one is bound by its products, and peers sum all tokens at once. */
static int rows_at_once(const hl_stack *m, int T)
{
    enum { NUMBERS = 1 << 16, LEAST = 192 };
    const int few = NUMBERS / (m->width + 1);
    return m->peers->size > 1 || m->slices || few < LEAST || few > T ? T : few;
}

/* Of what an MLP keeps, the rows from t on. */
static hl_block_trace mlp_rows_from(const hl_block_trace *b, const hl_stack *m, int t)
{
    hl_block_trace rest = *b;
    rest.h += (size_t)t * (size_t)m->shape.hidden_size;
    rest.mlp_rstd += t;
    rest.gu += (size_t)t * 2 * (size_t)m->width;
    return rest;
}

/* y = h + down(swiglu(norm(h))); of T rows y gets mine. */
static void mlp_rows_forward(float *y, hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, int T, bool apart, hl_arena *scratch)
{
    const widths s = widths_of(m);
    size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D;
    const row_share mine = rows_of(m, T, apart, scratch);
    const size_t first = first_of(m, &mine), size = (size_t)mine.n * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, n), *gated = HL_TAKE(scratch, float, (size_t)T * (size_t)s.F), *out = apart ? HL_TAKE(scratch, float, n) : y;
    hl_rmsnorm_forward(normed + first, b->mlp_rstd, b->h, w + at->mlp_norm, mine.n, s.D, s.eps);
    gather_rows(normed, m, &mine);
    columns_forward(b->gu, m, normed, w + at->gate_up, T, gate_up_of(m, &s));
    hl_swiglu_forward(gated, b->gu, T, s.F);
    terms_forward(out, m, gated, w + at->down, T, s.F, scratch);
    sum_rows(out, m, &mine, T);
    if (apart) memcpy(y, out + first, size * sizeof *out);
    hl_add(y, b->h, size);
    hl_arena_back(scratch, mark);
}

static void mlp_forward(float *y, hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, int T, bool apart, hl_arena *scratch)
{
    const int rows = rows_at_once(m, T);
    for (int t = 0; t < T; t += rows) {
        hl_block_trace some = mlp_rows_from(b, m, t);
        mlp_rows_forward(y + (size_t)t * (size_t)m->shape.hidden_size, &some, m, at, w, T - t < rows ? T - t : rows, apart, scratch);
    }
}

/* Of what a block keeps that reads out all rows, those from t on. */
static hl_block_trace rows_from(const hl_block_trace *b, const hl_stack *m, int t)
{
    const widths s = widths_of(m);
    const size_t at = (size_t)t;
    hl_block_trace rest = mlp_rows_from(b, m, t);
    rest.x += at * (size_t)s.D;
    rest.rstd += at;
    rest.qkv += at * (size_t)s.qkv;
    rest.o += at * (size_t)s.od;
    return rest;
}

/* A block of all rows; y gets mine.  kinds: rows of a kind are alike. */
static void block_forward(float *y, hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack, bool kinds, bool apart, hl_arena *scratch)
{
    const int T = pack->T, shares = shares_of(m, T);
    if (kinds) attend_kinds_in(b, m, at, w, pack, scratch);
#pragma omp parallel for schedule(static, 1) if (shares > 1)
    for (int i = kinds ? shares : 0; i < shares; i++) {
        const int t = (int)hl_part_begin(T, shares, i);
        hl_block_trace some = rows_from(b, m, t);
        attend_rows_in(&some, m, at, w, pack->position + t, (int)hl_part_count(T, shares, i), shares > 1 ? own_room() : scratch);
    }
    hl_see_forward(b, m, pack);
#pragma omp parallel for schedule(static, 1) if (shares > 1)
    for (int i = 0; i < shares; i++) {
        const int t = (int)hl_part_begin(T, shares, i), n = (int)hl_part_count(T, shares, i);
        hl_arena *room = shares > 1 ? own_room() : scratch;
        hl_block_trace some = rows_from(b, m, t);
        attend_rows_out(&some, m, at, w, n, room);
        mlp_forward(y + (size_t)t * (size_t)m->shape.hidden_size, &some, m, at, w, n, apart, room);
    }
}

/* The last block where only the last row of each segment is read out. */
static void last_block_forward(float *y, hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    attend_last_forward(b, m, at, w, pack, scratch);
    mlp_forward(y, b, m, at, w, pack->segments, false, scratch);
}

/* A last stage without blocks: what is read out of x; my rows of it. */
static void read_out(float *y, const float *x, const hl_stack *m, const hl_pack *pack, const row_share *mine, hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (pack->last_only) hl_rows_gather(y, x, last_rows(pack, scratch), pack->segments, D);
    else memcpy(y, x + first_of(m, mine), (size_t)mine->n * (size_t)D * sizeof *x);
}

void hl_stack_forward(float *y, hl_stack_trace *t, const hl_stack *m, const float *w, const float *x, const hl_pack *pack, hl_arena *scratch)
{
    int layers = m->layers, T = pack->T, D = m->shape.hidden_size, n = hl_stack_rows(m, pack);
    float *out = m->last ? t->x : y;
    size_t mark = hl_arena_mark(scratch);
    if (m->grid) {
        hl_grid_stack_forward(y, t, m, w, x, pack, scratch);
        return;
    }
    HL_CHECK(t->T == T && T > 0);
    const row_share mine = rows_of(m, T, m->peers->rows_apart, scratch), outs = rows_of(m, n, m->peers->rows_apart && !pack->last_only, scratch);
    const size_t first = first_of(m, &mine);
    if (layers && is_apart(m, pack, 0)) memcpy(t->block[0].x, x + first, (size_t)mine.n * (size_t)D * sizeof *x);
    else if (layers) memcpy(t->block[0].x, x, (size_t)T * (size_t)D * sizeof *x);
    else read_out(out, x, m, pack, &outs, scratch);
    for (int i = 0; i < layers; i++) {
        const bool last = is_read_out(m, pack, i), apart = is_apart(m, pack, i);
        /* who comes next has its rows apart too, or wants all of them in their places */
        const bool in_place = apart && (i + 1 < layers ? !is_apart(m, pack, i + 1) : !m->last);
        float *next = i + 1 < layers ? t->block[i + 1].x : out;
        m->keeper->need(m->keeper, i);
        if (last) last_block_forward(next, &t->block[i], m, &m->block[i], w, pack, scratch);
        else block_forward(next + (in_place ? first : 0), &t->block[i], m, &m->block[i], w, pack, has_kinds(m, pack, i), apart, scratch);
        if (in_place) gather_rows(next, m, &mine);
        m->keeper->leave(m->keeper, i);
    }
    if (m->last) {
        hl_rmsnorm_forward(y + first_of(m, &outs), t->rstd, t->x, w + m->last_norm, outs.n, D, (float)m->shape.rms_norm_eps);
        gather_rows(y, m, &outs);
    }
    hl_arena_back(scratch, mark);
}

/* d (T, D) holds my rows of dy and these become dh; alike: so they are on all peers. */
static void mlp_rows_backward(float *d, float *dw, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, int T, bool apart, hl_arena *scratch)
{
    const widths s = widths_of(m);
    size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D, nf = (size_t)T * (size_t)s.F;
    float *gated = HL_TAKE(scratch, float, nf), *dgated = HL_TAKE(scratch, float, nf), *dgu = HL_TAKE(scratch, float, 2 * nf);
    float *normed = HL_TAKE(scratch, float, n), *dnormed = HL_TAKE(scratch, float, n);
    const row_share mine = rows_of(m, T, apart, scratch);
    const size_t first = first_of(m, &mine);
    const int shares = shares_of(m, T);
    gather_rows(d, m, &mine);
    hl_rmsnorm_again(normed + first, b->mlp_rstd, b->h, w + at->mlp_norm, mine.n, s.D);
    gather_rows(normed, m, &mine);
    if (shares > 1) {
#pragma omp parallel for schedule(static, 1)
        for (int i = 0; i < shares; i++) {
            const size_t t = (size_t)hl_part_begin(T, shares, i), D = (size_t)s.D, F = (size_t)s.F;
            const int some = (int)hl_part_count(T, shares, i);
            terms_backward(dgated + t * F, NULL, m, d + t * D, NULL, w + at->down, some, s.F);
            hl_swiglu_backward(dgu + t * 2 * F, gated + t * F, dgated + t * F, b->gu + t * 2 * F, some, s.F);
            hl_linear_backward(dnormed + t * D, NULL, dgu + t * 2 * F, NULL, w + at->gate_up, some, s.D, 2 * s.F);
        }
        weights_backward((weight_gradient[]){{dw + at->down, d, gated, s.D, s.F}, {dw + at->gate_up, dgu, normed, 2 * s.F, s.D}}, T, shares);
    } else {
        terms_backward(dgated, NULL, m, d, NULL, w + at->down, T, s.F);
        hl_swiglu_backward(dgu, gated, dgated, b->gu, T, s.F);
        terms_backward(NULL, dw + at->down, m, d, gated, NULL, T, s.F);
        columns_backward(dnormed, dw + at->gate_up, m, dgu, normed, w + at->gate_up, T, gate_up_of(m, &s), scratch);
        sum_rows(dnormed, m, &mine, T);
    }
    hl_rmsnorm_backward(d + first, norm_gradient(dw + at->mlp_norm, m, !apart, scratch), dnormed + first, b->h, w + at->mlp_norm, b->mlp_rstd, mine.n, s.D);
    hl_arena_back(scratch, mark);
}

static void mlp_backward(float *d, float *dw, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, int T, bool apart, hl_arena *scratch)
{
    const int rows = rows_at_once(m, T);
    for (int t = 0; t < T; t += rows) {
        const hl_block_trace some = mlp_rows_from(b, m, t);
        mlp_rows_backward(d + (size_t)t * (size_t)m->shape.hidden_size, dw, &some, m, at, w, T - t < rows ? T - t : rows, apart, scratch);
    }
}

/* d (T, D) += what goes back from dqkv (T, (H + 2K) d) through the projections and the norm. */
static void attend_rows_in_backward(float *d, float *dw, float *dqkv, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const int *position, int T,
                                    hl_arena *scratch)
{
    const widths s = widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, n), *dnormed = HL_TAKE(scratch, float, n);
    const row_share mine = rows_of(m, T, m->peers->rows_apart, scratch);
    const size_t first = first_of(m, &mine);
    hl_rope_turn(dqkv, position, m->rope, T, s.H + s.K, s.d, s.qkv, -1);
    hl_rmsnorm_again(normed + first, b->rstd, b->x, w + at->norm, mine.n, s.D);
    gather_rows(normed, m, &mine);
    columns_backward(dnormed, dw + at->qkv, m, dqkv, normed, w + at->qkv, T, qkv_of(m, &s), scratch);
    sum_rows(dnormed, m, &mine, T);
    hl_rmsnorm_backward(d + first, dw + at->norm, dnormed + first, b->x, w + at->norm, b->rstd, mine.n, s.D);
    hl_arena_back(scratch, mark);
}

/* The same where rows of a kind have it in common: the first of each gets what goes back to all. */
static void attend_kinds_in_backward(float *d, float *dw, float *dqkv, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack,
                                     hl_arena *scratch)
{
    const widths s = widths_of(m);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)pack->kinds * (size_t)s.D;
    float *x = HL_TAKE(scratch, float, n), *dx = HL_TAKE_ZERO(scratch, float, n), *normed = HL_TAKE(scratch, float, n), *dnormed = HL_TAKE(scratch, float, n);
    float *sum = HL_TAKE_ZERO(scratch, float, (size_t)pack->kinds * (size_t)s.qkv);
    hl_rope_turn(dqkv, pack->position, m->rope, pack->T, s.H + s.K, s.d, s.qkv, -1);
    hl_rows_scatter_add(sum, dqkv, pack->kind, pack->T, s.qkv);
    hl_rows_gather(x, b->x, pack->first, pack->kinds, s.D);
    hl_rmsnorm_again(normed, b->rstd, x, w + at->norm, pack->kinds, s.D);
    columns_backward(dnormed, dw + at->qkv, m, sum, normed, w + at->qkv, pack->kinds, qkv_of(m, &s), scratch);
    m->peers->sum(m->peers, dnormed, n);
    hl_rmsnorm_backward(dx, dw + at->norm, dnormed, x, w + at->norm, b->rstd, pack->kinds, s.D);
    hl_rows_scatter_add(d, dx, pack->first, pack->kinds, s.D);
    hl_arena_back(scratch, mark);
}

/* Attention's products in shares, where nothing is to be summed over peers: as attend_rows_in_backward, and the gradient of o_proj, of which
 * d still is that of the output. */
static void attend_shares_in_backward(float *d, float *dw, float *dqkv, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const int *position, int T,
                                      int shares, hl_arena *scratch)
{
    const widths s = widths_of(m);
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
    weights_backward((weight_gradient[]){{dw + at->o, d, b->o, s.D, s.od}, {dw + at->qkv, dqkv, normed, s.qkv, s.D}}, T, shares);
    hl_rmsnorm_backward(d, dw + at->norm, dnormed, b->x, w + at->norm, b->rstd, T, s.D);
    hl_arena_back(scratch, mark);
}

/* d (T, D) holds my rows of dh and these become dx. */
static void attend_backward(float *d, float *dw, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack, bool kinds, hl_arena *scratch)
{
    const widths s = widths_of(m);
    const int T = pack->T, shares = kinds ? 1 : shares_of(m, T);
    const size_t mark = hl_arena_mark(scratch);
    float *d_o = HL_TAKE(scratch, float, (size_t)T * (size_t)s.od), *dqkv = HL_TAKE(scratch, float, (size_t)T * (size_t)s.qkv);
    const row_share mine = rows_of(m, T, m->peers->rows_apart, scratch);
    gather_rows(d, m, &mine);
    terms_backward(d_o, shares > 1 ? NULL : dw + at->o, m, d, b->o, w + at->o, T, s.od);
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
    if (m->slices) m->peers->sum(m->peers, few, (size_t)n * (size_t)D);
    if (!m->slices) hl_rows_scatter_add(d, few, row, n, D);
    m->peers->sum(m->peers, d, (size_t)T * (size_t)D);
    if (m->slices) hl_rows_scatter_add(d, few, row, n, D);
}

/* dh (segments, D) of the last rows becomes dx (T, D), which is overwritten. */
static void attend_last_backward(float *dx, const float *dh, float *dw, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w,
                                 const hl_pack *pack, hl_arena *scratch)
{
    const widths s = widths_of(m);
    int T = pack->T, n = pack->segments, kv = s.qkv - s.od;
    size_t mark = hl_arena_mark(scratch), all = (size_t)T * (size_t)s.D, size = (size_t)n * (size_t)s.D, wkv = at->qkv + (size_t)s.od * (size_t)s.D;
    const int *row = last_rows(pack, scratch), *position = positions_of(pack, row, scratch);
    float *d_o = HL_TAKE(scratch, float, (size_t)n * (size_t)s.od), *dq = HL_TAKE(scratch, float, (size_t)n * (size_t)s.od);
    float *dkv = HL_TAKE(scratch, float, (size_t)T * (size_t)kv);
    float *normed = HL_TAKE(scratch, float, all), *dnormed = HL_TAKE(scratch, float, all);
    float *few = HL_TAKE(scratch, float, size), *dfew = HL_TAKE(scratch, float, size);
    terms_backward(d_o, dw + at->o, m, dh, b->o, w + at->o, n, s.od);
    hl_see_last_backward(dq, dkv, d_o, b, m, pack, scratch);
    hl_rope_turn(dq, position, m->rope, n, s.H, s.d, s.od, -1);
    hl_rope_turn(dkv, pack->position, m->rope, T, s.K, s.d, kv, -1);
    hl_rmsnorm_again(normed, b->rstd, b->x, w + at->norm, T, s.D);
    hl_rows_gather(few, normed, row, n, s.D);
    columns_backward(dfew, dw + at->qkv, m, dq, few, w + at->qkv, n, q_of(m, &s), scratch);
    columns_backward(dnormed, dw + wkv, m, dkv, normed, w + wkv, T, kv_of(m, &s), scratch);
    sum_over_peers(dnormed, dfew, m, T, n, row);
    memset(dx, 0, all * sizeof *dx);
    hl_rows_scatter_add(dx, dh, row, n, s.D);
    hl_rmsnorm_backward(dx, norm_gradient(dw + at->norm, m, true, scratch), dnormed, b->x, w + at->norm, b->rstd, T, s.D);
    hl_arena_back(scratch, mark);
}

/* From the rows that come out to all rows: the last norm and, where only last rows are read out, the last block.  dx (T, D) is
 * filled, where rows are apart with mine at least; how many blocks are left. */
static int read_out_backward(float *dx, float *dw, const float *dy, const hl_stack_trace *t, const hl_stack *m, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    int layers = m->layers, D = m->shape.hidden_size, n = hl_pack_rows(pack), last = layers - 1;
    size_t mark = hl_arena_mark(scratch);
    if (!m->last) {
        memcpy(dx, dy, (size_t)pack->T * (size_t)D * sizeof *dx);
        return layers;
    }
    const row_share mine = rows_of(m, n, m->peers->rows_apart && !pack->last_only, scratch);
    const size_t first = first_of(m, &mine);
    float *d = pack->last_only ? HL_TAKE(scratch, float, (size_t)n * (size_t)D) : dx;
    memset(d, 0, (size_t)n * (size_t)D * sizeof *d);
    hl_rmsnorm_backward(d + first, norm_gradient(dw + m->last_norm, m, pack->last_only, scratch), dy + first, t->x, w + m->last_norm, t->rstd, mine.n, D);
    if (!pack->last_only) {
        hl_arena_back(scratch, mark);
        return layers;
    }
    if (layers) {
        m->keeper->need(m->keeper, last);
        mlp_backward(d, dw, &t->block[last], m, &m->block[last], w, n, false, scratch);
        attend_last_backward(dx, d, dw, &t->block[last], m, &m->block[last], w, pack, scratch);
        m->keeper->done(m->keeper, last);
    } else {
        memset(dx, 0, (size_t)pack->T * (size_t)D * sizeof *dx);
        hl_rows_scatter_add(dx, d, last_rows(pack, scratch), n, D);
    }
    hl_arena_back(scratch, mark);
    return layers ? last : 0;
}

void hl_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_trace *t, const hl_stack *m, const float *w,
                       const hl_pack *pack, hl_arena *scratch)
{
    if (m->grid) {
        hl_grid_stack_backward(dx, dw, dy, t, m, w, pack, scratch);
        return;
    }
    const size_t mark = hl_arena_mark(scratch);
    const bool apart = m->peers->rows_apart;
    const row_share mine = rows_of(m, pack->T, apart, scratch);
    for (int i = read_out_backward(dx, dw, dy, t, m, w, pack, scratch) - 1; i >= 0; i--) {
        m->keeper->need(m->keeper, i);
        mlp_backward(dx, dw, &t->block[i], m, &m->block[i], w, pack->T, apart, scratch);
        attend_backward(dx, dw, &t->block[i], m, &m->block[i], w, pack, has_kinds(m, pack, i), scratch);
        m->keeper->done(m->keeper, i);
    }
    gather_rows(dx, m, &mine);
    hl_arena_back(scratch, mark);
}

void hl_stack_pass_forward(const hl_stack *m)
{
    for (int i = 0; i < m->layers; i++) {
        m->keeper->need(m->keeper, i);
        m->keeper->leave(m->keeper, i);
    }
}

void hl_stack_pass_backward(const hl_stack *m)
{
    for (int i = m->layers - 1; i >= 0; i--) {
        m->keeper->need(m->keeper, i);
        m->keeper->done(m->keeper, i);
    }
}

/* Products of n rows, but keys and values of T. */
static double block_flop(const widths *s, double T, double n)
{
    return 2 * T * (double)s->D * (s->qkv - s->od) + 2 * n * (2.0 * s->od * s->D + 3.0 * s->D * s->F);
}

double hl_stack_flop(const hl_stack *m, const hl_pack *whole)
{
    const hl_pack mine = share_of(m, whole), *pack = &mine;
    const widths s = widths_of(m);
    bool few = m->last && pack->last_only;
    double full = block_flop(&s, pack->T, pack->T), last = block_flop(&s, pack->T, hl_stack_rows(m, pack));
    int layers = m->layers;
    const double P = pack->prefix, once = has_kinds(m, pack, 0) ? 2.0 * (pack->T - pack->kinds) * s.D * s.qkv : 0;
    if (layers == 0) return 0;
    full += 2 * P * (P + 1) * s.od;
    last += few ? 0 : 2 * P * (P + 1) * s.od;
    for (int i = 0; i < pack->segments; i++) {
        double L = pack->begin[i + 1] - pack->begin[i];
        full += (2 * L * (L + 1) + 4 * L * P) * s.od; /* q k^T and p v, the causal half, and the prefix */
        last += (few ? 4 * (L + P) : 2 * L * (L + 1) + 4 * L * P) * s.od;
    }
    return (layers - 1) * full + last - once;
}
