/* grid-stack.c - a stack of Llama blocks whose peers make a grid.
 *
 * The blocks are those of stack.c, with three differences: products are the grid's, which need no sum over peers; a
 * norm is put together from the parts of a row; and the gradient of a norm's weight is this rank's part of it.
 *
 * A prefix is computed by every row of the grid that has segments, each for its own: what leaves it is one row's to
 * give, and what comes back to it is the sum of what all rows' segments send. */
#include "model/grid-stack.h"
#include "base/part.h"
#include "math/rmsnorm.h"
#include "math/rmsnorm-part.h"
#include "math/rope.h"
#include "math/rows.h"
#include "math/swiglu.h"
#include "model/see.h"
#include "model/tiles.h"
#include <stdlib.h>
#include <string.h>

/* ---- where shares begin */

typedef int (*width_of)(const hl_stack *m, int column, int columns);

static int part(int64_t n, int k, int p) { return (int)hl_part_count(n, p, k); }

static int hidden_of(const hl_stack *m, int k, int p) { return part(m->shape.hidden_size, k, p); }
static int intermediate_of(const hl_stack *m, int k, int p) { return part(m->shape.intermediate_size, k, p); }
static int gate_up_of(const hl_stack *m, int k, int p) { return 2 * intermediate_of(m, k, p); }
static int query_of(const hl_stack *m, int k, int p)
{
    return part(m->shape.num_attention_heads, k, p) * m->shape.head_dim;
}

/* Keys and values; columns may share a head, and each has it. */
static int key_of(const hl_stack *m, int k, int p)
{
    const hl_cut key = hl_llama_share_of(&m->shape, k, p).key;
    return 2 * (int)(key.end - key.begin) * m->shape.head_dim;
}

static int qkv_of(const hl_stack *m, int k, int p) { return query_of(m, k, p) + key_of(m, k, p); }

static const int *cut(int **room, const hl_stack *m, width_of width, int parts)
{
    int *begin = *room;
    begin[0] = 0;
    for (int k = 0; k < parts; k++) begin[k + 1] = begin[k] + width(m, k, parts);
    *room += parts + 1;
    return begin;
}

hl_grid_axes *hl_grid_axes_new(const hl_stack *m)
{
    const int columns = hl_tensor_group_columns(m->tp), rows = m->tp->rows;
    hl_grid_axes *a = hl_alloc(sizeof *a);
    int *room = a->room = hl_alloc((size_t)(6 * (columns + 1) + 3 * (rows + 1)) * sizeof *room);
    a->hidden = cut(&room, m, hidden_of, columns);
    a->qkv = cut(&room, m, qkv_of, columns);
    a->query = cut(&room, m, query_of, columns);
    a->key = cut(&room, m, key_of, columns);
    a->gate_up = cut(&room, m, gate_up_of, columns);
    a->width = cut(&room, m, intermediate_of, columns);
    a->hidden_in = cut(&room, m, hidden_of, rows);
    a->query_in = cut(&room, m, query_of, rows);
    a->width_in = cut(&room, m, intermediate_of, rows);
    return a;
}

void hl_grid_axes_free(hl_grid_axes *a)
{
    if (a) free(a->room);
    free(a);
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

hl_pack hl_grid_stack_share(const hl_stack *m, const hl_pack *pack)
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

/* My part of a pack, and how large everyone's is. */
typedef struct {
    const hl_stack *m;
    const hl_pack *pack; /* the whole */
    hl_pack mine;
    int first;                       /* segment */
    bool leads;                      /* do I give what leaves the prefix? */
    int C, D;                        /* columns of mine, of all */
    const int *T, *n;                /* (rows + 1) where the tokens, the segments of each row of the grid begin */
    const int *last, *last_position; /* (segments of mine) */
    hl_arena *scratch;
} share;

/* Begins and positions as they are where only my segments are. */
static void renumber(share *s)
{
    const hl_pack *pack = s->pack;
    const int prefix = s->mine.prefix, segments = s->mine.segments, from = pack->begin[s->first];
    int *begin = (int *)HL_TAKE(s->scratch, int, segments + 2) + 1, *position = HL_TAKE(s->scratch, int, s->mine.T);
    int *last = HL_TAKE(s->scratch, int, segments), *last_position = HL_TAKE(s->scratch, int, segments);
    begin[-1] = 0;
    for (int i = 0; i <= segments; i++) begin[i] = prefix + pack->begin[s->first + i] - from;
    for (int i = 0; i < s->mine.T; i++) position[i] = pack->position[i < prefix ? i : from + i - prefix];
    for (int i = 0; i < segments; i++) {
        last[i] = begin[i + 1] - 1;
        last_position[i] = position[last[i]];
    }
    s->mine.begin = begin;
    s->mine.position = position;
    s->last = last;
    s->last_position = last_position;
}

static share share_of(const hl_stack *m, const hl_pack *pack, hl_arena *scratch)
{
    const hl_tiles *g = m->tp->tiles;
    share s = {.m = m,
               .pack = pack,
               .mine = hl_grid_stack_share(m, pack),
               .C = m->grid->hidden[g->column + 1] - m->grid->hidden[g->column],
               .D = m->shape.hidden_size,
               .scratch = scratch};
    int *T = HL_TAKE(scratch, int, g->rows + 1), *n = HL_TAKE(scratch, int, g->rows + 1);
    T[0] = 0;
    for (int r = 0; r <= g->rows; r++) n[r] = first_segment(pack, g->rows, r);
    for (int r = 0; r < g->rows; r++) T[r + 1] = T[r] + tokens_of(pack, n[r], n[r + 1]);
    s.T = T;
    s.n = n;
    s.first = n[g->row];
    s.leads = s.mine.segments > 0 && s.first == 0;
    renumber(&s);
    return s;
}

static size_t numbers(int rows, int columns) { return (size_t)rows * (size_t)columns; }

/* Of rows that all ranks have whole, those of mine: the prefix, as long as it is for me, and [from, from + n). */
typedef struct {
    int prefix, from, n;
    bool passed; /* is the prefix somebody else's to give and take? */
} span;

static span span_in(const share *s)
{
    return (span){s->mine.prefix, s->pack->begin[s->first], s->mine.T - s->mine.prefix, false};
}

/* What leaves my blocks. */
static span span_out(const share *s)
{
    if (s->m->last && s->pack->last_only) return (span){0, s->first, s->mine.segments, false};
    span x = span_in(s);
    x.passed = !s->leads;
    return x;
}

/* Where row i of a tile stands among all; -1: nowhere. */
static int row_of(span x, int i)
{
    if (i < x.prefix) return x.passed ? -1 : i;
    return x.from + i - x.prefix;
}

static void take_tile(float *mine, const float *all, const share *s, span x)
{
    const int column = s->m->grid->hidden[s->m->tp->tiles->column];
    for (int i = 0; i < x.prefix + x.n; i++) {
        const int at = row_of(x, i);
        if (at >= 0) memcpy(mine + numbers(i, s->C), all + numbers(at, s->D) + column, (size_t)s->C * sizeof *mine);
        else memset(mine + numbers(i, s->C), 0, (size_t)s->C * sizeof *mine);
    }
}

/* all (n, D) from everyone's tiles; a row that several have is their sum. */
static void put_tiles(float *all, const float *mine, const share *s, span x, int n)
{
    const hl_tensor_group *p = s->m->tp;
    const int column = s->m->grid->hidden[p->tiles->column];
    memset(all, 0, numbers(n, s->D) * sizeof *all);
    for (int i = 0; i < x.prefix + x.n; i++)
        if (row_of(x, i) >= 0)
            memcpy(all + numbers(row_of(x, i), s->D) + column, mine + numbers(i, s->C), (size_t)s->C * sizeof *mine);
    p->all_reduce(p, all, numbers(n, s->D));
}

/* ---- norms and products */

static const float *my_columns(const share *s, const float *w)
{
    return w + s->m->grid->hidden[s->m->tp->tiles->column];
}

static void norm_forward(float *y, float *rstd, const float *x, const float *w, const share *s, int T)
{
    const hl_tiles *g = s->m->tp->tiles;
    const size_t mark = hl_arena_mark(s->scratch);
    double *squares = HL_TAKE(s->scratch, double, T);
    hl_rmsnorm_part_squares(squares, x, T, s->C);
    g->sum_row(g, squares, (size_t)T);
    hl_rmsnorm_part_forward(y, rstd, squares, x, my_columns(s, w), T, s->C, s->D, (float)s->m->shape.rms_norm_eps);
    hl_arena_back(s->scratch, mark);
}

static void norm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                          const share *s, int T)
{
    const hl_tiles *g = s->m->tp->tiles;
    const size_t mark = hl_arena_mark(s->scratch);
    double *along = HL_TAKE(s->scratch, double, T);
    hl_rmsnorm_part_along(along, dy, x, my_columns(s, w), T, s->C);
    g->sum_row(g, along, (size_t)T);
    hl_rmsnorm_part_backward(dx, dw + s->m->grid->hidden[g->column], along, dy, x, my_columns(s, w), rstd, T, s->C,
                             s->D);
    hl_arena_back(s->scratch, mark);
}

/* The products: T where each row's tokens (or segments) begin, and what comes out. */
static hl_tile_cuts out_of_hidden(const share *s, const int *T, const int *F)
{
    return (hl_tile_cuts){.T = T, .F = F, .D = s->m->grid->hidden, .K = s->m->grid->hidden_in};
}

/* To queries, keys and values; from the heads. */
static hl_tile_cuts into_heads(const share *s, const int *T, const int *F)
{
    hl_tile_cuts c = out_of_hidden(s, T, F);
    c.careful = hl_stack_is_careful(s->m, s->D);
    return c;
}

static hl_tile_cuts out_of_heads(const share *s, const int *T)
{
    const hl_grid_axes *a = s->m->grid;
    return (hl_tile_cuts){.T = T,
                          .F = a->hidden,
                          .D = a->query,
                          .K = a->query_in,
                          .careful = hl_stack_is_careful(s->m, a->query[s->m->tp->tiles->columns])};
}

static hl_tile_cuts out_of_width(const share *s, const int *T)
{
    const hl_grid_axes *a = s->m->grid;
    return (hl_tile_cuts){.T = T, .F = a->hidden, .D = a->width, .K = a->width_in};
}

static void multiply(float *y, const float *x, const float *w, const share *s, hl_tile_cuts cuts)
{
    const hl_tiles *g = s->m->tp->tiles;
    g->forward(g, y, x, w, &cuts, s->scratch);
}

static void multiply_back(float *dx, float *dw, const float *dy, const float *x, const float *w, const share *s,
                          hl_tile_cuts cuts)
{
    const hl_tiles *g = s->m->tp->tiles;
    g->backward(g, dx, dw, dy, x, w, &cuts, s->scratch);
}

/* ---- a block.  Widths of mine: heads H, keys K, d; od = H d, kv = 2 K d */

typedef struct {
    int H, K, d, od, kv, F;
} widths;

static widths widths_of(const hl_stack *m)
{
    const hl_heads *h = &m->heads;
    return (widths){h->H, h->K, h->d, h->H * h->d, 2 * h->K * h->d, m->width};
}

/* Where keys and values begin in the tile of q, k and v. */
static size_t after_queries(const share *s, const hl_block *at)
{
    const int *in = s->m->grid->hidden_in + s->m->tp->tiles->row;
    return at->qkv + numbers(widths_of(s->m).od, in[1] - in[0]);
}

static void attend_forward(hl_block_saved *b, const share *s, const hl_block *at, const float *w)
{
    const widths x = widths_of(s->m);
    const int T = s->mine.T;
    float *normed = HL_TAKE(s->scratch, float, numbers(T, s->C));
    norm_forward(normed, b->rstd, b->x, w + at->norm, s, T);
    multiply(b->qkv, normed, w + at->qkv, s, into_heads(s, s->T, s->m->grid->qkv));
    hl_rope_turn(b->qkv, s->mine.position, s->m->rope, T, x.H + x.K, x.d, x.od + x.kv, 1);
    hl_see_forward(b, s->m, &s->mine);
    multiply(b->h, b->o, w + at->o, s, out_of_heads(s, s->T));
    hl_add(b->h, b->x, numbers(T, s->C));
}

/* The last row of each segment: all keys and values, but one query each. */
static void attend_last_forward(hl_block_saved *b, const share *s, const hl_block *at, const float *w)
{
    const widths x = widths_of(s->m);
    const int T = s->mine.T, n = s->mine.segments;
    float *normed = HL_TAKE(s->scratch, float, numbers(T, s->C)), *few = HL_TAKE(s->scratch, float, numbers(n, s->C));
    norm_forward(normed, b->rstd, b->x, w + at->norm, s, T);
    hl_rows_gather(few, normed, s->last, n, s->C);
    multiply(b->q, few, w + at->qkv, s, into_heads(s, s->n, s->m->grid->query));
    multiply(b->qkv, normed, w + after_queries(s, at), s, into_heads(s, s->T, s->m->grid->key));
    hl_rope_turn(b->q, s->last_position, s->m->rope, n, x.H, x.d, x.od, 1);
    hl_rope_turn(b->qkv, s->mine.position, s->m->rope, T, x.K, x.d, x.kv, 1);
    hl_see_last_forward(b, s->m, &s->mine);
    multiply(b->h, b->o, w + at->o, s, out_of_heads(s, s->n));
    hl_rows_gather(few, b->x, s->last, n, s->C);
    hl_add(b->h, few, numbers(n, s->C));
}

/* rows (all rows of the grid + 1): of tokens or of segments. */
static void mlp_forward(float *y, hl_block_saved *b, const share *s, const hl_block *at, const float *w,
                        const int *rows)
{
    const int row = s->m->tp->tiles->row, T = rows[row + 1] - rows[row], F = s->m->width;
    float *normed = HL_TAKE(s->scratch, float, numbers(T, s->C)), *gated = HL_TAKE(s->scratch, float, numbers(T, F));
    norm_forward(normed, b->mlp_rstd, b->h, w + at->mlp_norm, s, T);
    multiply(b->gu, normed, w + at->gate_up, s, out_of_hidden(s, rows, s->m->grid->gate_up));
    hl_swiglu_forward(gated, b->gu, T, F);
    multiply(y, gated, w + at->down, s, out_of_width(s, rows));
    hl_add(y, b->h, numbers(T, s->C));
}

/* d (T, C) holds dy and becomes dh. */
static void mlp_backward(float *d, float *dw, const hl_block_saved *b, const share *s, const hl_block *at,
                         const float *w, const int *rows)
{
    const int row = s->m->tp->tiles->row, T = rows[row + 1] - rows[row], F = s->m->width;
    float *gated = HL_TAKE(s->scratch, float, numbers(T, F)), *dgated = HL_TAKE(s->scratch, float, numbers(T, F)),
          *dgu = HL_TAKE(s->scratch, float, numbers(T, 2 * F));
    float *normed = HL_TAKE(s->scratch, float, numbers(T, s->C)),
          *dnormed = HL_TAKE(s->scratch, float, numbers(T, s->C));
    hl_swiglu_forward(gated, b->gu, T, F);
    multiply_back(dgated, dw + at->down, d, gated, w + at->down, s, out_of_width(s, rows));
    hl_swiglu_backward(dgu, gated, dgated, b->gu, T, F);
    hl_rmsnorm_again(normed, b->mlp_rstd, b->h, my_columns(s, w + at->mlp_norm), T, s->C);
    multiply_back(dnormed, dw + at->gate_up, dgu, normed, w + at->gate_up, s,
                  out_of_hidden(s, rows, s->m->grid->gate_up));
    norm_backward(d, dw + at->mlp_norm, dnormed, b->h, w + at->mlp_norm, b->mlp_rstd, s, T);
}

/* d (T, C) holds dh and becomes dx. */
static void attend_backward(float *d, float *dw, const hl_block_saved *b, const share *s, const hl_block *at,
                            const float *w)
{
    const widths x = widths_of(s->m);
    const int T = s->mine.T;
    float *d_o = HL_TAKE(s->scratch, float, numbers(T, x.od)),
          *dqkv = HL_TAKE(s->scratch, float, numbers(T, x.od + x.kv));
    float *normed = HL_TAKE(s->scratch, float, numbers(T, s->C)),
          *dnormed = HL_TAKE(s->scratch, float, numbers(T, s->C));
    multiply_back(d_o, dw + at->o, d, b->o, w + at->o, s, out_of_heads(s, s->T));
    hl_see_backward(dqkv, d_o, b, s->m, &s->mine, s->scratch);
    hl_rope_turn(dqkv, s->mine.position, s->m->rope, T, x.H + x.K, x.d, x.od + x.kv, -1);
    hl_rmsnorm_again(normed, b->rstd, b->x, my_columns(s, w + at->norm), T, s->C);
    multiply_back(dnormed, dw + at->qkv, dqkv, normed, w + at->qkv, s, into_heads(s, s->T, s->m->grid->qkv));
    norm_backward(d, dw + at->norm, dnormed, b->x, w + at->norm, b->rstd, s, T);
}

/* dh (segments, C) of the last rows becomes dx (T, C), which is overwritten. */
static void attend_last_backward(float *dx, const float *dh, float *dw, const hl_block_saved *b, const share *s,
                                 const hl_block *at, const float *w)
{
    const widths x = widths_of(s->m);
    const int T = s->mine.T, n = s->mine.segments;
    float *d_o = HL_TAKE(s->scratch, float, numbers(n, x.od)), *dq = HL_TAKE(s->scratch, float, numbers(n, x.od)),
          *dkv = HL_TAKE(s->scratch, float, numbers(T, x.kv));
    float *normed = HL_TAKE(s->scratch, float, numbers(T, s->C)),
          *dnormed = HL_TAKE(s->scratch, float, numbers(T, s->C));
    float *few = HL_TAKE(s->scratch, float, numbers(n, s->C)), *dfew = HL_TAKE(s->scratch, float, numbers(n, s->C));
    multiply_back(d_o, dw + at->o, dh, b->o, w + at->o, s, out_of_heads(s, s->n));
    hl_see_last_backward(dq, dkv, d_o, b, s->m, &s->mine, s->scratch);
    hl_rope_turn(dq, s->last_position, s->m->rope, n, x.H, x.d, x.od, -1);
    hl_rope_turn(dkv, s->mine.position, s->m->rope, T, x.K, x.d, x.kv, -1);
    hl_rmsnorm_again(normed, b->rstd, b->x, my_columns(s, w + at->norm), T, s->C);
    hl_rows_gather(few, normed, s->last, n, s->C);
    multiply_back(dfew, dw + at->qkv, dq, few, w + at->qkv, s, into_heads(s, s->n, s->m->grid->query));
    multiply_back(dnormed, dw + after_queries(s, at), dkv, normed, w + after_queries(s, at), s,
                  into_heads(s, s->T, s->m->grid->key));
    hl_rows_scatter_add(dnormed, dfew, s->last, n, s->C);
    memset(dx, 0, numbers(T, s->C) * sizeof *dx);
    hl_rows_scatter_add(dx, dh, s->last, n, s->C);
    norm_backward(dx, dw + at->norm, dnormed, b->x, w + at->norm, b->rstd, s, T);
}

/* ---- the stack */

static bool is_read_out(const share *s, int layer)
{
    return s->m->last && s->pack->last_only && layer == s->m->layers - 1;
}

static void blocks_forward(float *out, hl_stack_saved *t, const share *s, const float *w)
{
    const hl_stack *m = s->m;
    for (int i = 0; i < m->layers; i++) {
        const size_t mark = hl_arena_mark(s->scratch);
        const bool last = is_read_out(s, i);
        m->sharder->unshard(m->sharder, i);
        (last ? attend_last_forward : attend_forward)(&t->block[i], s, &m->block[i], w);
        mlp_forward(i + 1 < m->layers ? t->block[i + 1].x : out, &t->block[i], s, &m->block[i], w, last ? s->n : s->T);
        m->sharder->reshard(m->sharder, i);
        hl_arena_back(s->scratch, mark);
    }
}

/* A last stage without blocks: what is read out of x. */
static void read_out(float *out, const float *x, const share *s)
{
    if (s->pack->last_only) hl_rows_gather(out, x, s->last, s->mine.segments, s->C);
    else memcpy(out, x, numbers(s->mine.T, s->C) * sizeof *x);
}

void hl_grid_stack_forward(float *y, hl_stack_saved *t, const hl_stack *m, const float *w, const float *x,
                           const hl_pack *pack, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    const share s = share_of(m, pack, scratch);
    const span leaving = span_out(&s);
    const int n = leaving.prefix + leaving.n;
    float *mine = HL_TAKE(scratch, float, numbers(n, s.C)), *out = m->last ? t->x : mine;
    float *in = m->layers ? t->block[0].x : HL_TAKE(scratch, float, numbers(s.mine.T, s.C));
    HL_CHECK(t->T == s.mine.T);
    take_tile(in, x, &s, span_in(&s));
    if (m->layers) blocks_forward(out, t, &s, w);
    else read_out(out, in, &s);
    if (m->last) norm_forward(mine, t->rstd, t->x, w + m->last_norm, &s, n);
    put_tiles(y, mine, &s, leaving, hl_stack_rows(m, pack));
    hl_arena_back(scratch, mark);
}

/* d (T, C) = the gradient of what my last block but those read out puts out, given dy of mine; how many blocks are
 * left. */
static int read_out_backward(float *d, float *dw, const float *dy, const hl_stack_saved *t, const share *s,
                             const float *w, int n)
{
    const hl_stack *m = s->m;
    const int last = m->layers - 1;
    const size_t all = numbers(s->mine.T, s->C);
    if (!m->last) {
        memcpy(d, dy, all * sizeof *d);
        return m->layers;
    }
    float *few = HL_TAKE_ZERO(s->scratch, float, numbers(n, s->C));
    norm_backward(few, dw + m->last_norm, dy, t->x, w + m->last_norm, t->rstd, s, n);
    if (!s->pack->last_only) {
        memcpy(d, few, all * sizeof *d);
        return m->layers;
    }
    if (m->layers == 0) {
        memset(d, 0, all * sizeof *d);
        hl_rows_scatter_add(d, few, s->last, n, s->C);
        return 0;
    }
    m->sharder->unshard(m->sharder, last);
    mlp_backward(few, dw, &t->block[last], s, &m->block[last], w, s->n);
    attend_last_backward(d, few, dw, &t->block[last], s, &m->block[last], w);
    m->sharder->done(m->sharder, last);
    return last;
}

void hl_grid_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_saved *t, const hl_stack *m,
                            const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    const share s = share_of(m, pack, scratch);
    const span leaving = span_out(&s);
    const int n = leaving.prefix + leaving.n;
    float *mine = HL_TAKE(scratch, float, numbers(n, s.C)), *d = HL_TAKE(scratch, float, numbers(s.mine.T, s.C));
    take_tile(mine, dy, &s, leaving);
    for (int i = read_out_backward(d, dw, mine, t, &s, w, n) - 1; i >= 0; i--) {
        const size_t before = hl_arena_mark(scratch);
        m->sharder->unshard(m->sharder, i);
        mlp_backward(d, dw, &t->block[i], &s, &m->block[i], w, s.T);
        attend_backward(d, dw, &t->block[i], &s, &m->block[i], w);
        m->sharder->done(m->sharder, i);
        hl_arena_back(scratch, before);
    }
    put_tiles(dx, d, &s, span_in(&s), pack->T);
    hl_arena_back(scratch, mark);
}
