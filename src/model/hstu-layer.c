/* hstu-layer.c - one layer of HSTU over packed sequences, forward and backward.
 *
 * A layer saves its input, the product before silu and what attention says; all else is made again in the backward. */
#include "model/hstu-layer.h"
#include "base/error.h"
#include "math/bias.h"
#include "math/dropout.h"
#include "math/gate.h"
#include "math/layernorm-part.h"
#include "math/layernorm.h"
#include "math/linear.h"
#include "math/rows.h"
#include "math/silu-attention.h"
#include "math/silu.h"
#include "model/drop.h"
#include <string.h>

static float eps_of(const hl_hstu *x) { return (float)x->shape.rms_norm_eps; }

/* ---- the norm of what attention says, over the heads of all peers */

/* n sums of all peers. */
static void add_sums(const hl_hstu *x, double *sums, int n, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    float *wire = HL_TAKE_ROWS(scratch, float, n, 1);
    for (int i = 0; i < n; i++) wire[i] = (float)sums[i];
    x->tp->all_reduce(x->tp, wire, (size_t)n);
    for (int i = 0; i < n; i++) sums[i] = (double)wire[i];
    hl_arena_back(scratch, mark);
}

static void norm_heads(float *y, const hl_hstu *x, const hl_hstu_saved *t, int T, hl_arena *scratch)
{
    const int D = x->shape.hidden_size, E = hl_hstu_mine(x);
    const size_t mark = hl_arena_mark(scratch);
    if (x->tp->size == 1) hl_layernorm_forward(y, t->a_kept, t->a, x->plain, T, D, eps_of(x));
    else {
        double *sums = HL_TAKE(scratch, double, 2 * (size_t)T);
        hl_layernorm_part_sums(sums, t->a, T, E);
        add_sums(x, sums, 2 * T, scratch);
        hl_layernorm_part_forward(y, t->a_kept, sums, t->a, x->plain, T, E, D, eps_of(x));
    }
    hl_arena_back(scratch, mark);
}

/* da (T, E) is overwritten. */
static void norm_heads_backward(float *da, const float *dy, const hl_hstu *x, const hl_hstu_saved *t, int T,
                                hl_arena *scratch)
{
    const int D = x->shape.hidden_size, E = hl_hstu_mine(x);
    const size_t mark = hl_arena_mark(scratch);
    memset(da, 0, hl_rows_numbers(T, E) * sizeof *da);
    if (x->tp->size == 1) hl_layernorm_backward(da, NULL, dy, t->a, x->plain, t->a_kept, T, D);
    else {
        double *along = HL_TAKE(scratch, double, 2 * (size_t)T);
        float *nobody = HL_TAKE_ZERO(scratch, float, 2 * (size_t)D); /* gradients of weights that there are not */
        hl_layernorm_part_along(along, dy, t->a, x->plain, t->a_kept, T, E);
        add_sums(x, along, 2 * T, scratch);
        hl_layernorm_part_backward(da, nobody, along, dy, t->a, x->plain, t->a_kept, T, E, D);
    }
    hl_arena_back(scratch, mark);
}

/* ---- a layer */

static void drop(float *g, const hl_hstu *x, int i, const hl_pack *p)
{
    if (!p->sample || x->shape.hidden_dropout <= 0) return;
    const hl_dropout draws = {p->seed, p->step, (x->begins + i) * HL_DROP_SITES + HL_DROP_MLP, x->shape.hidden_dropout};
    hl_dropout_apply(g, &draws,
                     &(hl_dropout_rows){p->sample, p->position, p->T, hl_hstu_mine(x),
                                        x->first_head * x->shape.head_dim, x->shape.hidden_size});
}

static hl_silu_heads heads_of(const hl_hstu *x, const hl_silu_bias *bias)
{
    return (hl_silu_heads){x->heads, x->shape.head_dim, (size_t)(HL_HSTU_PARTS * hl_hstu_mine(x)),
                           1.0f / (float)x->shape.max_position_embeddings, x->shape.rel_bias ? bias : NULL};
}

hl_silu_bias hl_hstu_buckets(const hl_hstu *x, const hl_pack *p, hl_arena *arena)
{
    if (!x->shape.rel_bias) return (hl_silu_bias){0};
    HL_CHECK(p->time);
    size_t *begin = HL_TAKE(arena, size_t, p->segments + 1);
    begin[0] = 0;
    for (int s = 0; s < p->segments; s++)
        begin[s + 1] = begin[s] + hl_rows_numbers(p->begin[s + 1] - p->begin[s], p->begin[s + 1] - p->begin[s]);
    unsigned char *bucket = HL_TAKE(arena, unsigned char, begin[p->segments]);
    for (int s = 0; s < p->segments; s++)
        hl_silu_bias_buckets(bucket + begin[s], p->time + p->begin[s], p->begin[s + 1] - p->begin[s]);
    return (hl_silu_bias){.bucket = bucket, .begin = begin};
}

/* The numbers of a layer; in a backward with room for their gradients. */
static hl_silu_bias bias_of(const hl_hstu_pass *pass, const hl_hstu_layer *l)
{
    hl_silu_bias b = *pass->buckets;
    if (!pass->x->shape.rel_bias) return b;
    b.time = pass->w + l->time;
    b.place = pass->w + l->place;
    if (!pass->dw) return b;
    b.dtime = pass->dw + l->time;
    b.dplace = pass->dw + l->place;
    b.sums = HL_TAKE(pass->scratch, float, hl_silu_bias_room(pass->p->begin, pass->p->segments, pass->x->heads));
    return b;
}

/* g (T, E) = u times the norm of what attention says, which is given, some of it dropped. */
static void gate(float *g, const float *uvqk, const float *normed, const hl_hstu *x, int i, const hl_pack *p)
{
    hl_gate_forward(g, uvqk, (size_t)(HL_HSTU_PARTS * hl_hstu_mine(x)), normed, p->T, hl_hstu_mine(x));
    drop(g, x, i, p);
}

void hl_hstu_layer_forward(float *y, hl_hstu_saved *t, const hl_hstu_pass *pass, int i)
{
    const hl_hstu *x = pass->x;
    const hl_pack *p = pass->p;
    const float *w = pass->w;
    hl_arena *scratch = pass->scratch;
    const int T = p->T, D = x->shape.hidden_size, E = hl_hstu_mine(x);
    const size_t mark = hl_arena_mark(scratch);
    float *normed = HL_TAKE_ROWS(scratch, float, T, D), *uvqk = HL_TAKE_ROWS(scratch, float, T, HL_HSTU_PARTS *E),
          *a = HL_TAKE_ROWS(scratch, float, T, E), *g = HL_TAKE_ROWS(scratch, float, T, E);
    const hl_silu_bias bias = bias_of(pass, &x->layer[i]);
    const hl_silu_heads heads = heads_of(x, &bias);
    hl_layernorm_forward(normed, t->kept, t->x, x->plain, T, D, eps_of(x));
    memset(t->z, 0, hl_rows_numbers(T, HL_HSTU_PARTS * E) * sizeof *t->z);
    hl_rows_times(t->z, normed, w + x->layer[i].uvqk, T, D, HL_HSTU_PARTS * E);
    hl_silu_forward(uvqk, t->z, T, HL_HSTU_PARTS * E);
    hl_silu_attention_forward(t->a, uvqk + 2 * E, uvqk + 3 * E, uvqk + E, p->begin, p->segments, &heads);
    norm_heads(a, x, t, T, scratch);
    gate(g, uvqk, a, x, i, p);
    hl_linear_forward(y, g, w + x->layer[i].o, T, E, D);
    if (x->tp->size > 1) x->tp->all_reduce(x->tp, y, hl_rows_numbers(T, D));
    hl_bias_forward(y, w + x->layer[i].bias, T, D);
    hl_add(y, t->x, hl_rows_numbers(T, D));
    hl_arena_back(scratch, mark);
}

void hl_hstu_layer_backward(float *d, const hl_hstu_saved *t, const hl_hstu_pass *pass, int i)
{
    const hl_hstu *x = pass->x;
    const hl_pack *p = pass->p;
    const float *w = pass->w;
    float *dw = pass->dw;
    hl_arena *scratch = pass->scratch;
    const int T = p->T, D = x->shape.hidden_size, E = hl_hstu_mine(x);
    const size_t mark = hl_arena_mark(scratch), row = (size_t)(HL_HSTU_PARTS * E);
    const hl_hstu_layer *at = &x->layer[i];
    const hl_silu_bias bias = bias_of(pass, &x->layer[i]);
    const hl_silu_heads heads = heads_of(x, &bias);
    float *normed = HL_TAKE_ROWS(scratch, float, T, D), *dnormed = HL_TAKE_ROWS(scratch, float, T, D),
          *uvqk = HL_TAKE_ROWS(scratch, float, T, HL_HSTU_PARTS *E),
          *duvqk = HL_TAKE_ROWS(scratch, float, T, HL_HSTU_PARTS *E), *a = HL_TAKE_ROWS(scratch, float, T, E),
          *g = HL_TAKE_ROWS(scratch, float, T, E), *dg = HL_TAKE_ROWS(scratch, float, T, E),
          *da = HL_TAKE_ROWS(scratch, float, T, E);
    hl_silu_forward(uvqk, t->z, T, HL_HSTU_PARTS * E);
    hl_layernorm_again(a, t->a_kept, t->a, x->plain, T, E, D);
    gate(g, uvqk, a, x, i, p);
    hl_linear_backward(dg, dw + at->o, d, g, w + at->o, T, E, D);
    hl_bias_backward(dw + at->bias, d, T, D);
    drop(dg, x, i, p);
    hl_gate_backward(duvqk, dg, dg, uvqk, row, a, T, E);
    norm_heads_backward(da, dg, x, t, T, scratch);
    hl_silu_attention_backward(duvqk + 2 * E, duvqk + 3 * E, duvqk + E, da, uvqk + 2 * E, uvqk + 3 * E, uvqk + E,
                               p->begin, p->segments, &heads);
    hl_silu_backward(duvqk, t->z, T, HL_HSTU_PARTS * E);
    hl_layernorm_again(normed, t->kept, t->x, x->plain, T, D, D);
    hl_columns_times(dw + at->uvqk, normed, duvqk, T, D, HL_HSTU_PARTS * E);
    memset(dnormed, 0, hl_rows_numbers(T, D) * sizeof *dnormed);
    if (E > 0) hl_rows_by_rows(dnormed, duvqk, w + at->uvqk, T, D, HL_HSTU_PARTS * E);
    if (x->tp->size > 1) x->tp->all_reduce(x->tp, dnormed, hl_rows_numbers(T, D));
    hl_layernorm_backward(d, NULL, dnormed, t->x, x->plain, t->kept, T, D);
    hl_arena_back(scratch, mark);
}
