/* stack.c - a stack of blocks over packed sequences, forward and backward.
 *
 * The forward saves the inputs of the products that cannot be recomputed cheaply. */
#include "model/stack.h"
#include "base/acts.h"
#include "base/error.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/rope.h"
#include "math/rows.h"
#include "math/strip.h"
#include "model/block.h"
#include "model/drop.h"
#include "model/grid-rows.h"
#include "model/embedding.h"
#include "model/norm-kind.h"
#include "model/saved.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which rows */

static bool is_read_out(const hl_stack *m, const hl_pack *pack, int layer)
{
    return m->last && pack->last_only && layer == m->layers - 1;
}

/* How a block is cut; layer = layers: the last norm. */
static const hl_layer_cut *layer_cut(const hl_stack *m, const hl_pack *pack, int layer)
{
    return m->last && pack->last_only && layer >= m->layers - 1 ? m->last_cut : m->cut;
}

/* Do rows of a kind share their queries, keys and values before rotation?  In the first block, where all have the
 * same input; not where rows are divided, nor where bits are promised over layouts that divide them. */
static bool has_kinds(const hl_stack *m, const hl_pack *pack, int layer)
{
    return pack->kinds && m->first && layer == 0 && !is_read_out(m, pack, layer) && !m->tp->rows
           && !m->tp->sequence_parallel && !m->slices;
}

static bool has_last_norm(const hl_stack *m) { return m->last && m->last_norm != HL_NOWHERE; }
static bool norms_input(const hl_stack *m) { return m->first && m->embedding.norm != HL_NOWHERE; }

static bool takes_tokens(const hl_stack *m, const hl_pack *pack) { return m->first && pack->token; }

/* What I compute of a pack: sizes, not places. */
static hl_pack part_of(const hl_stack *m, const hl_pack *pack)
{
    return m->tp->rows ? hl_grid_rows_part_of(m, pack) : *pack;
}

/* How many rows of a block's input and output are mine to save. */
static int rows_saved(const hl_stack *m, const hl_layer_cut *cut, int n)
{
    return cut == &hl_cut_sequence ? (int)hl_part_count(n, m->tp->size, m->tp->rank) : n;
}

void hl_stack_saved_lay(hl_stack_saved *t, const hl_stack *m, const hl_pack *whole, hl_arena *arena)
{
    const hl_pack mine = part_of(m, whole), *pack = &mine;
    t->T = pack->T;
    t->block = HL_TAKE(arena, hl_block_saved, m->layers);
    for (int i = 0; i < m->layers; i++) {
        const bool last = is_read_out(m, pack, i);
        const int kept = rows_saved(m, layer_cut(m, pack, i), pack->T), out = last ? pack->segments : pack->T;
        const hl_saved_rows rows = {pack->T, out, kept, last ? out : kept, last};
        const hl_block_saved b = hl_saved_lay(m, &rows, m->block[i].q_norm != HL_NOWHERE, arena);
        if (!arena->measuring) t->block[i] = b;
    }
    const int out = has_last_norm(m) ? rows_saved(m, layer_cut(m, pack, m->layers), hl_pack_rows(pack)) : 0;
    t->x = HL_TAKE_ROWS(arena, float, out, m->hidden);
    t->rstd = HL_TAKE_ROWS(arena, float, out, m->norm->numbers);
    const int in = norms_input(m) ? rows_saved(m, layer_cut(m, pack, 0), pack->T) : 0;
    t->input = HL_TAKE_ROWS(arena, float, in, m->hidden);
    t->input_rstd = HL_TAKE_ROWS(arena, float, in, m->norm->numbers);
}

/* A pass over a pack, and the window of its block. */
typedef struct {
    hl_pass p;
    hl_heads heads;
    hl_attention_drop drop;
    const int *last, *last_position; /* (segments) */
} stack_pass;

static void open_pass(stack_pass *x, const hl_stack *m, const float *w, float *dw, const hl_pack *pack,
                      hl_arena *scratch)
{
    *x = (stack_pass){.p = {.m = m, .w = w, .dw = dw, .whole = pack, .pack = *pack, .scratch = scratch},
                      .heads = m->heads};
    x->p.heads = &x->heads;
    if (m->tp->rows) hl_grid_rows_take(&x->p);
    if (!pack->last_only) return;
    int *position = HL_TAKE(scratch, int, x->p.pack.segments);
    x->last = hl_pack_rows_read(&x->p.pack, scratch);
    for (int i = 0; i < x->p.pack.segments; i++) position[i] = x->p.pack.position[x->last[i]];
    x->last_position = position;
}

/* The pass is that of a layer now; layer = layers: of the last norm. */
static void set_layer(stack_pass *x, const hl_stack_saved *t, int layer)
{
    hl_pass *p = &x->p;
    const hl_stack *m = p->m;
    const bool few = layer < m->layers ? is_read_out(m, &p->pack, layer) : m->last && p->pack.last_only;
    p->cut = layer_cut(m, &p->pack, layer);
    p->all = p->cut->share(p, false);
    p->out = few ? p->cut->share(p, true) : p->all;
    p->query = few ? x->last : NULL;
    p->query_position = few ? x->last_position : NULL;
    p->kinds = has_kinds(m, &p->pack, layer) ? p->pack.kinds : 0;
    p->layer = m->begins + layer;
    if (layer == m->layers) return;
    x->heads.window = m->block[layer].window;
    x->heads.drop = hl_drop_attention(&x->drop, p);
    p->at = &m->block[layer];
    p->b = t->block[layer];
}

/* ---- forward */

/* A last stage without blocks: what is read out of x. */
static void read_out(float *y, const float *x, const hl_pass *p)
{
    if (p->query) hl_rows_gather(y, x, p->query, p->out.n, p->m->hidden);
    else memcpy(y, x, (size_t)p->out.kept * (size_t)p->m->hidden * sizeof *x);
}

/* next = what block i makes, as the one after it wants it: that may keep all rows where this one keeps some. */
static void block_forward(stack_pass *x, float *next, hl_stack_saved *t, int i)
{
    const hl_stack *m = x->p.m;
    const size_t mark = hl_arena_mark(x->p.scratch);
    set_layer(x, t, i);
    const bool has_some = x->p.out.part || x->p.out.line,
               leaves =
                   has_some && (i + 1 < m->layers ? layer_cut(m, &x->p.pack, i + 1) != x->p.cut : !has_last_norm(m));
    float *out = leaves ? HL_TAKE_ROWS(x->p.scratch, float, x->p.out.kept, m->hidden) : next;
    m->sharder->unshard(m->sharder, i);
    hl_block_forward(out, &x->p);
    if (leaves) x->p.cut->rows->leave(&x->p, next, out, &x->p.out, true);
    m->sharder->reshard(m->sharder, i);
    hl_act_tick();
    hl_arena_back(x->p.scratch, mark);
}

/* in (rows that I keep, C) = what the first block of mine reads. */
static void enter(float *in, const hl_stack_saved *t, const float *x, const hl_pass *p)
{
    const hl_stack *m = p->m;
    float *sum = norms_input(m) ? t->input : in;
    if (takes_tokens(m, p->whole)) p->cut->rows->embed(p, sum, &p->all);
    else p->cut->rows->enter(p, sum, x, &p->all, false);
    if (m->first) hl_embedding_add(p, sum, &p->all);
    if (norms_input(m)) p->cut->rows->norm_kept(p, in, t->input_rstd, sum, (size_t)m->embedding.norm, &p->all);
    if (m->first) hl_drop_rows(p, in, HL_DROP_INPUT, p->all.first, p->all.kept);
}

void hl_stack_forward(float *y, hl_stack_saved *t, const hl_stack *m, const float *w, const float *x,
                      const hl_pack *pack, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    float *out = has_last_norm(m) ? t->x : y;
    stack_pass here;
    hl_pass *p = &here.p;
    open_pass(&here, m, w, NULL, pack, scratch);
    HL_CHECK(t->T == p->pack.T && (m->tp->rows || t->T > 0));
    set_layer(&here, t, 0);
    float *in = m->layers ? t->block[0].x : HL_TAKE_ROWS(scratch, float, p->all.n, m->hidden);
    enter(in, t, x, p);
    if (m->layers == 0) read_out(out, in, p);
    for (int i = 0; i < m->layers; i++) block_forward(&here, i + 1 < m->layers ? t->block[i + 1].x : out, t, i);
    if (has_last_norm(m)) {
        set_layer(&here, t, m->layers);
        float *normed = p->cut->rows->are_tiles ? HL_TAKE_ROWS(scratch, float, p->out.n, m->hidden) : y;
        p->cut->rows->norm(p, normed, t->rstd, t->x, (size_t)m->last_norm, &p->out, false);
        if (p->cut->rows->are_tiles) p->cut->rows->leave(p, y, normed, &p->out, true);
    }
    hl_arena_back(scratch, mark);
}

/* ---- backward */

/* From the rows that come out, dy, to all rows: the last norm and, where only last rows are read out, the last block.
 * d (all, C) is filled, where rows are divided with mine at least; how many blocks are left. */
static int read_out_backward(float *d, const float *dy, const hl_stack_saved *t, stack_pass *x)
{
    hl_pass *p = &x->p;
    const hl_stack *m = p->m;
    const int last = m->layers - 1;
    set_layer(x, t, m->layers);
    const size_t all = (size_t)p->all.n * (size_t)m->hidden, n = (size_t)p->out.n * (size_t)m->hidden;
    if (!m->last) {
        memcpy(d, dy, all * sizeof *d);
        return m->layers;
    }
    float *few = p->query ? HL_TAKE(p->scratch, float, n) : d;
    if (has_last_norm(m)) {
        memset(few, 0, n * sizeof *few);
        p->cut->rows->norm_backward(p, few, dy, t->x, t->rstd, (size_t)m->last_norm, &p->out);
    } else memcpy(few, dy, n * sizeof *few);
    if (!p->query) return m->layers;
    if (m->layers == 0) {
        memset(d, 0, all * sizeof *d);
        hl_rows_scatter_add(d, few, p->query, p->out.n, m->hidden);
        return 0;
    }
    set_layer(x, t, last);
    m->sharder->unshard(m->sharder, last);
    hl_block_backward(d, few, p);
    m->sharder->done(m->sharder, last);
    return last;
}

/* d (all, C), of which I have the rows that I keep, becomes the gradient of what is normed before the first block; rows
 * lie as that one has them. */
static void input_backward(float *d, const hl_stack_saved *t, hl_pass *p)
{
    const size_t mark = hl_arena_mark(p->scratch), n = hl_rows_numbers(p->all.n, p->m->hidden);
    float *sum = HL_TAKE_ZERO(p->scratch, float, n);
    p->cut->rows->norm_backward(p, sum, d, t->input, t->input_rstd, (size_t)p->m->embedding.norm, &p->all);
    memcpy(d, sum, n * sizeof *d);
    hl_arena_back(p->scratch, mark);
}

void hl_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_saved *t, const hl_stack *m,
                       const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    stack_pass here;
    hl_pass *p = &here.p;
    open_pass(&here, m, w, dw, pack, scratch);
    set_layer(&here, t, m->layers);
    if (takes_tokens(m, pack)) dx = HL_TAKE_ROWS(scratch, float, pack->T, m->shape.hidden_size);
    float *d = m->cut->rows->are_tiles ? HL_TAKE_ROWS(scratch, float, p->all.n, m->hidden) : dx;
    float *mine = m->cut->rows->are_tiles ? HL_TAKE_ROWS(scratch, float, p->out.n, m->hidden) : NULL;
    if (mine) p->cut->rows->enter(p, mine, dy, &p->out, true);
    for (int i = read_out_backward(d, mine ? mine : dy, t, &here) - 1; i >= 0; i--) {
        const size_t before = hl_arena_mark(scratch);
        set_layer(&here, t, i);
        m->sharder->unshard(m->sharder, i);
        hl_block_backward(d, d, p);
        m->sharder->done(m->sharder, i);
        hl_act_tick();
        hl_arena_back(scratch, before);
    }
    p->cut = layer_cut(m, &p->pack, 0);
    p->all = p->cut->share(p, false);
    p->layer = m->begins;
    if (m->first)
        hl_drop_rows(p, d + hl_rows_numbers(p->all.first, m->hidden), HL_DROP_INPUT, p->all.first, p->all.kept);
    if (norms_input(m)) input_backward(d, t, p);
    p->cut = m->cut;
    p->all = p->cut->share(p, false);
    p->cut->rows->gather(p, d, &p->all);
    if (p->cut->rows->are_tiles) p->cut->rows->leave(p, dx, d, &p->all, false);
    if (m->first) hl_embedding_backward(p, dx);
    hl_arena_back(scratch, mark);
}

void hl_stack_pass_forward(const hl_stack *m)
{
    for (int i = 0; i < m->layers; i++) {
        m->sharder->unshard(m->sharder, i);
        m->sharder->reshard(m->sharder, i);
    }
}

void hl_stack_pass_backward(const hl_stack *m)
{
    for (int i = m->layers - 1; i >= 0; i--) {
        m->sharder->unshard(m->sharder, i);
        m->sharder->done(m->sharder, i);
    }
}

/* The largest divisor of both. */
static int common(int a, int b) { return b ? common(b, a % b) : a; }

/* On a grid a product is one of each panel (model/tiles.h), whole along what is read. */
static void add_panels(hl_work *w, const hl_stack *m, const hl_widths *s, double T, double n)
{
    const int rows = m->tp->rows, columns = hl_tensor_group_columns(m->tp),
              panels = rows + columns - common(rows, columns);
    const struct {
        double rows, in, out;
    } product[] = {{T, s->D, s->qkv - (n == T ? 0 : s->od)},
                   {n, n == T ? 0 : s->D, s->od},
                   {n, s->od * columns, m->hidden},
                   {n, s->D, s->gu},
                   {n, s->F * columns, m->hidden}};
    w->are_panels = true;
    for (size_t i = 0; i < sizeof product / sizeof product[0]; i++)
        for (int k = 0; k < panels; k++)
            hl_work_add_product(w, product[i].rows, product[i].in / panels, product[i].out);
}

/* Products of n rows, but keys and values of T; where rows of a kind go once, queries, keys and values of `kinds`
 * rows. */
static void add_products(hl_work *w, const hl_widths *s, double T, double n, double kinds)
{
    if (n == T) hl_work_add_product(w, kinds, s->D, s->qkv);
    else {
        hl_work_add_product(w, T, s->D, s->qkv - s->od);
        hl_work_add_product(w, n, s->D, s->od);
    }
    hl_work_add_product(w, n, s->od, s->D);
    hl_work_add_product(w, n, s->D, s->gu);
    hl_work_add_product(w, n, s->F, s->D);
}

/* Keys that the tokens of a run see, all together: their own and all before it, of these the last `window`; 0: all. */
static double keys_seen(double L, int window, bool both_ways)
{
    if (both_ways) return L * L;
    const double W = window && window < L ? window : L;
    return W * (W + 1) / 2 + (L - W) * W;
}

static double keys_of_last(double L, int window) { return window && window < L ? window : L; }

/* Of a prefix all keys are multiplied, also those before a window, which are hidden after that. */
static double keys_of(const hl_pack *pack, int window, bool last_only, bool both_ways)
{
    const double P = pack->prefix;
    double keys = last_only ? 0 : keys_seen(P, window, both_ways);
    for (int i = 0; i < pack->segments; i++) {
        const double L = pack->begin[i + 1] - pack->begin[i];
        keys += last_only ? keys_of_last(L, window) + P : keys_seen(L, window, both_ways) + L * P;
    }
    return keys;
}

/* ---- attention: a strip of lanes is computed whole, though queries or keys are missing in it (math/strip.h) */

/* Pairs, and rows of keys, in strips; where last rows alone ask, no strip is needed for their own segment. */
static void count_strips(double *pairs, double *rows, const hl_pack *pack, int window, bool last_only, bool both_ways)
{
    const int lanes = hl_strips_here()->lanes;
    const double P = pack->prefix, readers = last_only ? pack->segments : pack->T - P;
    *pairs = hl_work_up(readers, lanes) * hl_work_up(P, lanes)
             + (last_only || !P ? 0 : hl_work_pairs_in_strips(P, window, both_ways, lanes));
    *rows = last_only ? 0 : hl_work_up(P, lanes);
    for (int i = 0; i < pack->segments; i++) {
        const double L = pack->begin[i + 1] - pack->begin[i];
        *pairs += last_only ? keys_of_last(L, window) : hl_work_pairs_in_strips(L, window, both_ways, lanes);
        *rows += last_only ? L : hl_work_up(L, lanes);
    }
}

/* q k^T and p v. */
static void add_attention(hl_work *w, const hl_stack *m, const hl_widths *s, const hl_pack *pack, int window, bool few)
{
    double pairs, rows;
    count_strips(&pairs, &rows, pack, window, few, m->heads.both_ways);
    w->attention += 4 * keys_of(pack, window, few, m->heads.both_ways) * s->od;
    w->scores += pairs * s->H;
    w->attended += pairs * s->H * hl_work_up(s->d, 8);
    w->turned += rows * (s->qkv - s->od) + (few ? pack->segments : rows) * s->od;
}

/* Of the first block's queries, keys and values, and what they are made of (model/block.c). */
static void add_spread(hl_work *w, const hl_pack *pack, const hl_widths *s)
{
    w->spread += (double)pack->T * s->qkv + (double)pack->kinds * s->D;
}

/* Bytes between the products of an MLP, and those of attention, whichever are more (model/block.c). */
static double scratch_of(const hl_stack *m, const hl_widths *s, double T, double n)
{
    const double mlp = n * (2 * s->F + s->gu + 2 * m->hidden), attention = n * s->od + T * (s->qkv + 2 * m->hidden),
                 dropped = m->shape.hidden_dropout > 0 ? n * m->hidden : 0;
    return sizeof(float) * (hl_max(mlp, attention) + dropped);
}

hl_work hl_stack_work(const hl_stack *m, const hl_pack *whole)
{
    const hl_pack mine = part_of(m, whole), *pack = &mine;
    const hl_widths s = hl_widths_of(m);
    const double T = pack->T;
    hl_work w = {.layers = m->layers, .embedded = m->embedding.tokens > 0 ? (double)whole->T * s.D : 0};
    for (int i = 0; i < m->layers; i++) {
        const bool few = is_read_out(m, pack, i);
        const double n = few ? pack->segments : T;
        if (m->tp->rows) add_panels(&w, m, &s, T, n);
        else add_products(&w, &s, T, n, has_kinds(m, pack, i) ? pack->kinds : T);
        add_attention(&w, m, &s, pack, m->block[i].window, few);
        if (has_kinds(m, pack, i)) add_spread(&w, pack, &s);
        w.hidden += rows_saved(m, layer_cut(m, pack, i), (int)n) * (m->cut->rows->are_tiles ? m->hidden : s.D);
        w.wide += n * s.F;
        w.scratch = hl_max(w.scratch, scratch_of(m, &s, T, n));
    }
    return w;
}
