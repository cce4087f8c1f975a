/* turn.c - queries and keys: the norm of their heads, where the family has one, and their turn by the position. */
#include "model/turn.h"
#include "base/fold.h"
#include "math/head-norm.h"
#include "math/rope.h"
#include "math/rows.h"

/* Heads in rows of numbers; norm: where its weight is, and what its backward needs. */
typedef struct {
    float *x;
    const int *position;
    int n, heads, stride;
    int64_t norm;
    float *kept, *rstd;
} turned;

enum { QUERIES, KEYS, BOTH };

static turned heads_of(const hl_pass *p, int which, float *q, float *qkv)
{
    const hl_widths s = hl_widths_of(p->m);
    const hl_block_saved *b = &p->b;
    const int row = p->query ? s.qkv - s.od : s.qkv, before = row - 2 * s.K * s.d; /* numbers of qkv; of its queries */
    const int *position = p->pack.position;
    if (which == KEYS) return (turned){qkv + before, position, p->all.n, s.K, row, p->at->k_norm, b->head_k, b->k_rstd};
    if (!p->query) return (turned){qkv, position, p->all.n, s.H, row, p->at->q_norm, b->head_q, b->q_rstd};
    return (turned){q, p->query_position, p->out.n, s.H, s.od, p->at->q_norm, b->head_q, b->q_rstd};
}

static void forward(const hl_pass *p, turned t)
{
    const int d = p->heads->d;
    const float eps = (float)p->m->shape.rms_norm_eps;
    if (t.norm != HL_NOWHERE) hl_head_norm_forward(t.x, t.kept, t.rstd, p->w + t.norm, t.n, t.heads, d, t.stride, eps);
    if (p->m->rope) hl_rope_turn(t.x, t.position, p->m->rope, t.n, t.heads, d, t.stride, 1);
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

static void backward(const hl_pass *p, turned t)
{
    const int d = p->heads->d;
    const size_t mark = hl_arena_mark(p->scratch);
    if (p->m->rope) hl_rope_turn(t.x, t.position, p->m->rope, t.n, t.heads, d, t.stride, -1);
    if (t.norm != HL_NOWHERE) {
        float *sum = HL_TAKE_ROWS(p->scratch, float, t.heads, d);
        hl_head_norm_backward(t.x, sum, t.kept, t.rstd, p->w + t.norm, t.n, t.heads, d, t.stride);
        add_heads(p, p->dw + t.norm, sum, t.heads);
    }
    hl_arena_back(p->scratch, mark);
}

void hl_turn_forward(const hl_pass *p)
{
    for (int k = 0; k < BOTH; k++) forward(p, heads_of(p, k, p->b.q, p->b.qkv));
}

void hl_turn_backward(const hl_pass *p, float *dq, float *dqkv)
{
    for (int k = 0; k < BOTH; k++) backward(p, heads_of(p, k, dq, dqkv));
}
