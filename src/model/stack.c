/* stack.c - a stack of Llama blocks over packed sequences, forward and backward.
 *
 * The forward keeps the inputs of the products that cannot be made again cheaply; normalised rows and the
 * gated product are made again in the backward: a pass over memory each, against a third of the trace. */
#include "model/stack.h"
#include "base/error.h"
#include "math/linear.h"
#include "math/rmsnorm.h"
#include "math/rope.h"
#include "math/rows.h"
#include "math/swiglu.h"
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

void hl_stack_open(hl_stack *m, const hl_llama *shape, const hl_params *table, const char *side, int positions, const hl_peers *peers)
{
    const hl_llama_share mine = hl_llama_share_of(shape, peers->rank, peers->size);
    *m = (hl_stack){.shape = *shape, .peers = peers, .positions = positions, .width = (int)(mine.width.end - mine.width.begin)};
    m->heads = (hl_heads){.H = (int)(mine.query.end - mine.query.begin), .K = (int)(mine.key.end - mine.key.begin), .d = shape->head_dim,
                          .group = shape->num_attention_heads / shape->num_key_value_heads, .lead = mine.lead};
    m->block = hl_alloc((size_t)shape->num_hidden_layers * sizeof *m->block);
    for (int i = 0; i < shape->num_hidden_layers; i++)
        m->block[i] = (hl_block){
            .norm = offset_of(table, side, "layers.%d.input_layernorm", i),
            .qkv = offset_of(table, side, "layers.%d.self_attn.q_proj", i), /* k and v follow it */
            .o = offset_of(table, side, "layers.%d.self_attn.o_proj", i),
            .mlp_norm = offset_of(table, side, "layers.%d.post_attention_layernorm", i),
            .gate_up = offset_of(table, side, "layers.%d.mlp.gate_proj", i), /* up follows it */
            .down = offset_of(table, side, "layers.%d.mlp.down_proj", i),
        };
    m->last_norm = offset_of(table, side, "norm", 0);
    m->rope = hl_alloc((size_t)positions * (size_t)shape->head_dim * sizeof *m->rope);
    hl_rope_table(m->rope, positions, shape->head_dim, shape->rope_theta);
}

void hl_stack_close(hl_stack *m)
{
    free(m->block);
    free(m->rope);
    *m = (hl_stack){0};
}

void hl_stack_trace_lay(hl_stack_trace *t, const hl_stack *m, int T, hl_arena *arena)
{
    const widths s = widths_of(m);
    t->T = T;
    t->block = HL_TAKE(arena, hl_block_trace, m->shape.num_hidden_layers);
    for (int i = 0; i < m->shape.num_hidden_layers; i++) {
        hl_block_trace b;
        b.x = HL_TAKE(arena, float, (size_t)T * (size_t)s.D);
        b.rstd = HL_TAKE(arena, float, T);
        b.qkv = HL_TAKE(arena, float, (size_t)T * (size_t)s.qkv);
        b.o = HL_TAKE(arena, float, (size_t)T * (size_t)s.od);
        b.lse = HL_TAKE(arena, float, (size_t)T * (size_t)s.H);
        b.h = HL_TAKE(arena, float, (size_t)T * (size_t)s.D);
        b.mlp_rstd = HL_TAKE(arena, float, T);
        b.gu = HL_TAKE(arena, float, (size_t)T * 2 * (size_t)s.F);
        if (!arena->measuring) t->block[i] = b;
    }
    t->x = HL_TAKE(arena, float, (size_t)T * (size_t)s.D);
    t->rstd = HL_TAKE(arena, float, T);
}

/* Scores of narrow heads can be in the hundreds, and softmax turns their rounding errors into relative ones: for some
 * texts the order in which a product of 64 terms is summed moves the vector by 3e-4, against 1e-4 when each number is
 * rounded once. */
enum { NARROW = 256 };

static void project(float *y, const hl_stack *m, const float *x, const float *w, int T, int D, int F, hl_arena *scratch)
{
    if (m->careful && D <= NARROW) hl_linear_forward_double(y, x, w, T, D, F, scratch);
    else hl_linear_forward(y, x, w, T, D, F);
}

/* h = x + o_proj(attention(norm(x))) */
static void attend_forward(hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const widths s = widths_of(m);
    size_t mark = hl_arena_mark(scratch), n = (size_t)pack->T * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, n);
    hl_rmsnorm_forward(normed, b->rstd, b->x, w + at->norm, pack->T, s.D, s.eps);
    project(b->qkv, m, normed, w + at->qkv, pack->T, s.D, s.qkv, scratch);
    hl_rope_turn(b->qkv, pack->position, m->rope, pack->T, s.H + s.K, s.d, s.qkv, 1);
    hl_attention_forward(b->o, b->lse, b->qkv, pack->begin, pack->segments, &m->heads);
    project(b->h, m, b->o, w + at->o, pack->T, s.od, s.D, scratch);
    m->peers->sum(m->peers, b->h, n);
    hl_add(b->h, b->x, n);
    hl_arena_back(scratch, mark);
}

/* y = h + down(swiglu(norm(h))) */
static void mlp_forward(float *y, hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, int T, hl_arena *scratch)
{
    const widths s = widths_of(m);
    size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D;
    float *normed = HL_TAKE(scratch, float, n), *gated = HL_TAKE(scratch, float, (size_t)T * (size_t)s.F);
    hl_rmsnorm_forward(normed, b->mlp_rstd, b->h, w + at->mlp_norm, T, s.D, s.eps);
    hl_linear_forward(b->gu, normed, w + at->gate_up, T, s.D, 2 * s.F);
    hl_swiglu_forward(gated, b->gu, T, s.F);
    hl_linear_forward(y, gated, w + at->down, T, s.F, s.D);
    m->peers->sum(m->peers, y, n);
    hl_add(y, b->h, n);
    hl_arena_back(scratch, mark);
}

void hl_stack_forward(float *y, hl_stack_trace *t, const hl_stack *m, const float *w, const float *x, const hl_pack *pack, hl_arena *scratch)
{
    int layers = m->shape.num_hidden_layers, T = pack->T, D = m->shape.hidden_size;
    HL_CHECK(t->T == T);
    if (T == 0) return;
    memcpy(layers ? t->block[0].x : t->x, x, (size_t)T * (size_t)D * sizeof *x);
    for (int i = 0; i < layers; i++) {
        attend_forward(&t->block[i], m, &m->block[i], w, pack, scratch);
        mlp_forward(i + 1 < layers ? t->block[i + 1].x : t->x, &t->block[i], m, &m->block[i], w, T, scratch);
    }
    hl_rmsnorm_forward(y, t->rstd, t->x, w + m->last_norm, T, D, (float)m->shape.rms_norm_eps);
}

/* d (T, D) holds dy and becomes dh. */
static void mlp_backward(float *d, float *dw, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, int T, hl_arena *scratch)
{
    const widths s = widths_of(m);
    size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D, nf = (size_t)T * (size_t)s.F;
    float *gated = HL_TAKE(scratch, float, nf), *dgated = HL_TAKE(scratch, float, nf), *dgu = HL_TAKE(scratch, float, 2 * nf);
    float *normed = HL_TAKE(scratch, float, n), *dnormed = HL_TAKE(scratch, float, n), *again = HL_TAKE(scratch, float, T);
    hl_swiglu_forward(gated, b->gu, T, s.F);
    memset(dgated, 0, nf * sizeof *dgated);
    hl_linear_backward(dgated, dw + at->down, d, gated, w + at->down, T, s.F, s.D);
    hl_swiglu_backward(dgu, dgated, b->gu, T, s.F);
    hl_rmsnorm_forward(normed, again, b->h, w + at->mlp_norm, T, s.D, s.eps);
    memset(dnormed, 0, n * sizeof *dnormed);
    hl_linear_backward(dnormed, dw + at->gate_up, dgu, normed, w + at->gate_up, T, s.D, 2 * s.F);
    m->peers->sum(m->peers, dnormed, n);
    hl_rmsnorm_backward(d, dw + at->mlp_norm, dnormed, b->h, w + at->mlp_norm, b->mlp_rstd, T, s.D);
    hl_arena_back(scratch, mark);
}

/* d (T, D) holds dh and becomes dx. */
static void attend_backward(float *d, float *dw, const hl_block_trace *b, const hl_stack *m, const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch)
{
    const widths s = widths_of(m);
    int T = pack->T;
    size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)s.D, no = (size_t)T * (size_t)s.od;
    float *d_o = HL_TAKE(scratch, float, no), *dqkv = HL_TAKE(scratch, float, (size_t)T * (size_t)s.qkv);
    float *normed = HL_TAKE(scratch, float, n), *dnormed = HL_TAKE(scratch, float, n), *again = HL_TAKE(scratch, float, T);
    memset(d_o, 0, no * sizeof *d_o);
    hl_linear_backward(d_o, dw + at->o, d, b->o, w + at->o, T, s.od, s.D);
    hl_attention_backward(dqkv, d_o, b->o, b->lse, b->qkv, pack->begin, pack->segments, &m->heads);
    hl_rope_turn(dqkv, pack->position, m->rope, T, s.H + s.K, s.d, s.qkv, -1);
    hl_rmsnorm_forward(normed, again, b->x, w + at->norm, T, s.D, s.eps);
    memset(dnormed, 0, n * sizeof *dnormed);
    hl_linear_backward(dnormed, dw + at->qkv, dqkv, normed, w + at->qkv, T, s.D, s.qkv);
    m->peers->sum(m->peers, dnormed, n);
    hl_rmsnorm_backward(d, dw + at->norm, dnormed, b->x, w + at->norm, b->rstd, T, s.D);
    hl_arena_back(scratch, mark);
}

void hl_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_trace *t, const hl_stack *m, const float *w,
                       const hl_pack *pack, hl_arena *scratch)
{
    int T = pack->T, D = m->shape.hidden_size;
    if (T == 0) return;
    memset(dx, 0, (size_t)T * (size_t)D * sizeof *dx);
    hl_rmsnorm_backward(dx, dw + m->last_norm, dy, t->x, w + m->last_norm, t->rstd, T, D);
    for (int i = m->shape.num_hidden_layers - 1; i >= 0; i--) {
        mlp_backward(dx, dw, &t->block[i], m, &m->block[i], w, T, scratch);
        attend_backward(dx, dw, &t->block[i], m, &m->block[i], w, pack, scratch);
    }
}

double hl_stack_flop(const hl_stack *m, const hl_pack *pack)
{
    const widths s = widths_of(m);
    double products = 2.0 * pack->T * ((double)s.D * s.qkv + (double)s.od * s.D + 3.0 * s.D * s.F), scores = 0;
    for (int i = 0; i < pack->segments; i++) {
        double L = pack->begin[i + 1] - pack->begin[i];
        scores += 2.0 * L * (L + 1) * s.od; /* q k^T and p v, the causal half */
    }
    return m->shape.num_hidden_layers * (products + scores);
}
