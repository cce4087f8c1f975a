/* turn.c - queries and keys: the norm of their heads, where the family has one, and their turn by the position. */
#include "model/turn.h"
#include "base/fold.h"
#include "math/head-norm.h"
#include "math/rope.h"
#include "math/rows.h"

hl_turn hl_turn_all(const hl_pass *p, float *qkv)
{
    return (hl_turn){qkv, p->pack.position, p->all.n, hl_widths_of(p->m).qkv, true, true};
}

hl_turn hl_turn_queries(const hl_pass *p, float *q)
{
    return (hl_turn){q, p->query_position, p->out.n, hl_widths_of(p->m).od, true, false};
}

hl_turn hl_turn_keys(const hl_pass *p, float *kv)
{
    const hl_widths s = hl_widths_of(p->m);
    return (hl_turn){kv, p->pack.position, p->all.n, s.qkv - s.od, false, true};
}

static void turn(const hl_pass *p, const hl_turn *h, int sign)
{
    const hl_heads *all = p->heads;
    hl_rope_turn(h->x, h->position, p->m->rope, h->n, h->q * all->H + h->k * all->K, all->d, h->stride, sign);
}

void hl_turn_forward(const hl_pass *p, hl_turn h, const hl_block_saved *b, const hl_block *at)
{
    const hl_heads *all = p->heads;
    const float eps = (float)p->m->shape.rms_norm_eps;
    float *k = h.x + h.q * all->H * all->d;
    if (at->q_norm != HL_NOWHERE && h.q)
        hl_head_norm_forward(h.x, b->head_q, b->q_rstd, p->w + at->q_norm, h.n, all->H, all->d, h.stride, eps);
    if (at->k_norm != HL_NOWHERE && h.k)
        hl_head_norm_forward(k, b->head_k, b->k_rstd, p->w + at->k_norm, h.n, all->K, all->d, h.stride, eps);
    turn(p, &h, 1);
}

/* dw (d) += each head's sum (n, d), over slices and peers by one tree. */
static void add_heads(const hl_pass *p, float *dw, const float *sum, int n)
{
    const int slices = p->m->slices ? p->m->slices : 1, each = n / slices, d = p->heads->d;
    float *all = HL_TAKE_ZERO_ROWS(p->scratch, float, slices, d);
    for (int i = 0; i < each * slices; i++) hl_add(all + i / each * d, sum + i * d, (size_t)d);
    hl_fold(all, slices, (size_t)d * sizeof *all, (size_t)d, hl_fold_floats);
    p->m->tp->all_reduce(p->m->tp, all, (size_t)d);
    hl_add(dw, all, (size_t)d);
}

void hl_turn_backward(const hl_pass *p, hl_turn h, const hl_block_saved *b, const hl_block *at)
{
    const hl_heads *all = p->heads;
    const size_t mark = hl_arena_mark(p->scratch);
    float *k = h.x + h.q * all->H * all->d;
    turn(p, &h, -1);
    if (at->q_norm != HL_NOWHERE && h.q) {
        float *sum = HL_TAKE_ROWS(p->scratch, float, all->H, all->d);
        hl_head_norm_backward(h.x, sum, b->head_q, b->q_rstd, p->w + at->q_norm, h.n, all->H, all->d, h.stride);
        add_heads(p, p->dw + at->q_norm, sum, all->H);
    }
    if (at->k_norm != HL_NOWHERE && h.k) {
        float *sum = HL_TAKE_ROWS(p->scratch, float, all->K, all->d);
        hl_head_norm_backward(k, sum, b->head_k, b->k_rstd, p->w + at->k_norm, h.n, all->K, all->d, h.stride);
        add_heads(p, p->dw + at->k_norm, sum, all->K);
    }
    hl_arena_back(p->scratch, mark);
}
