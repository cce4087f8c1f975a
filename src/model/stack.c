/* stack.c - a stack of Llama blocks over packed sequences, forward and backward.
 *
 * The forward saves the inputs of the products that cannot be recomputed cheaply. */
#include "model/stack.h"
#include "base/acts.h"
#include "base/error.h"
#include "base/part.h"
#include "math/rmsnorm.h"
#include "math/rope.h"
#include "math/rows.h"
#include "model/sequence-part.h"
#include "model/block.h"
#include "model/grid-stack.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t offset_of(const hl_params *table, const char *side, const char *format, int layer)
{
    char tail[80], name[112];
    snprintf(tail, sizeof tail, format, layer);
    snprintf(name, sizeof name, "%s_llm.model.%s.weight", side, tail);
    const hl_param *p = hl_params_find(table, name);
    HL_CHECK(p != NULL);
    return p->offset;
}

void hl_stack_open(hl_stack *m, const hl_llama *shape, const hl_params *table, const char *side, hl_llama_layers layers,
                   int positions, const hl_tensor_group *tp)
{
    const hl_llama_share mine = hl_llama_share_of(shape, hl_tensor_group_column(tp), hl_tensor_group_columns(tp));
    *m = (hl_stack){.shape = *shape,
                    .tp = tp,
                    .sharder = &hl_unsharded,
                    .positions = positions,
                    .width = (int)(mine.width.end - mine.width.begin),
                    .layers = layers.end - layers.begin,
                    .first = layers.begin == 0,
                    .last = layers.end == shape->num_hidden_layers};
    m->heads = (hl_heads){.H = (int)(mine.query.end - mine.query.begin),
                          .K = (int)(mine.key.end - mine.key.begin),
                          .d = shape->head_dim,
                          .group = shape->num_attention_heads / shape->num_key_value_heads,
                          .lead = mine.lead};
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
    if (tp->rows) {
        m->grid = hl_grid_axes_new(m);
        m->hidden = m->grid->hidden[hl_tensor_group_column(tp) + 1] - m->grid->hidden[hl_tensor_group_column(tp)];
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

/* How many rows of a block's input and output are mine to save. */
static size_t rows_saved(const hl_stack *m, int T, bool sequence_parallel)
{
    return (size_t)(sequence_parallel ? hl_part_count(T, m->tp->size, m->tp->rank) : T);
}

/* Is a block sequence parallel?  Not where it reads out some of its rows. */
static bool is_sequence_parallel(const hl_stack *m, const hl_pack *pack, int layer)
{
    return m->tp->sequence_parallel && !is_read_out(m, pack, layer);
}

/* Do rows of a kind share their queries, keys and values before rotation?  In the first block, where all have the
 * same input; not where rows are divided, nor where bits are promised over layouts that divide them. */
static bool has_kinds(const hl_stack *m, const hl_pack *pack, int layer)
{
    return pack->kinds && m->first && layer == 0 && !is_read_out(m, pack, layer) && !m->grid
           && !m->tp->sequence_parallel && !m->slices;
}

/* What I compute of a pack. */
static hl_pack share_of(const hl_stack *m, const hl_pack *pack)
{
    return m->grid ? hl_grid_stack_share(m, pack) : *pack;
}

void hl_stack_saved_lay(hl_stack_saved *t, const hl_stack *m, const hl_pack *whole, hl_arena *arena)
{
    const hl_pack mine = share_of(m, whole), *pack = &mine;
    const hl_widths s = hl_widths_of(m);
    size_t T = (size_t)pack->T, D = (size_t)m->hidden;
    t->T = pack->T;
    t->block = HL_TAKE(arena, hl_block_saved, m->layers);
    for (int i = 0; i < m->layers; i++) {
        bool last = is_read_out(m, pack, i), sequence_parallel = is_sequence_parallel(m, pack, i);
        size_t n = last ? (size_t)pack->segments : T, rows = rows_saved(m, pack->T, sequence_parallel);
        size_t saved = last ? n : rows;
        hl_block_saved b;
        b.x = HL_TAKE(arena, float, rows *D);
        b.rstd = HL_TAKE(arena, float, rows);
        b.qkv = HL_TAKE_ROWS(arena, float, T, last ? s.qkv - s.od : s.qkv);
        b.q = HL_TAKE_ROWS(arena, float, last ? n : 0, s.od);
        b.o = HL_TAKE_ROWS(arena, float, n, s.od);
        b.lse = HL_TAKE_ROWS(arena, float, n, s.H);
        b.h = HL_TAKE(arena, float, saved *D);
        b.mlp_rstd = HL_TAKE(arena, float, saved);
        b.gu = HL_TAKE_ROWS(arena, float, n, 2 * s.F);
        if (!arena->measuring) t->block[i] = b;
    }
    size_t out = m->last ? rows_saved(m, hl_pack_rows(pack), m->tp->sequence_parallel && !pack->last_only) : 0;
    t->x = HL_TAKE(arena, float, out *D);
    t->rstd = HL_TAKE(arena, float, out);
}

/* A last stage without blocks: what is read out of x; my rows of it. */
static void read_out(float *y, const float *x, const hl_stack *m, const hl_pack *pack, const hl_sequence_part *mine,
                     hl_arena *scratch)
{
    const int D = m->shape.hidden_size;
    if (pack->last_only) hl_rows_gather(y, x, hl_pack_last_rows(pack, scratch), pack->segments, D);
    else memcpy(y, x + hl_sequence_part_first(m, mine), (size_t)mine->n * (size_t)D * sizeof *x);
}

void hl_stack_forward(float *y, hl_stack_saved *t, const hl_stack *m, const float *w, const float *x,
                      const hl_pack *pack, hl_arena *scratch)
{
    int layers = m->layers, T = pack->T, D = m->shape.hidden_size, n = hl_stack_rows(m, pack);
    float *out = m->last ? t->x : y;
    size_t mark = hl_arena_mark(scratch);
    if (m->grid) {
        hl_grid_stack_forward(y, t, m, w, x, pack, scratch);
        return;
    }
    HL_CHECK(t->T == T && T > 0);
    const hl_sequence_part mine = hl_sequence_part_of(m, T, m->tp->sequence_parallel, scratch);
    const hl_sequence_part outs = hl_sequence_part_of(m, n, m->tp->sequence_parallel && !pack->last_only, scratch);
    const size_t first = hl_sequence_part_first(m, &mine);
    if (layers && is_sequence_parallel(m, pack, 0))
        memcpy(t->block[0].x, x + first, (size_t)mine.n * (size_t)D * sizeof *x);
    else if (layers) memcpy(t->block[0].x, x, (size_t)T * (size_t)D * sizeof *x);
    else read_out(out, x, m, pack, &outs, scratch);
    for (int i = 0; i < layers; i++) {
        const bool last = is_read_out(m, pack, i), sequence_parallel = is_sequence_parallel(m, pack, i);
        /* who comes next is sequence parallel too, or wants all rows in their places */
        const bool in_place = sequence_parallel && (i + 1 < layers ? !is_sequence_parallel(m, pack, i + 1) : !m->last);
        float *next = i + 1 < layers ? t->block[i + 1].x : out;
        m->sharder->unshard(m->sharder, i);
        if (last) hl_block_last_forward(next, &t->block[i], m, &m->block[i], w, pack, scratch);
        else
            hl_block_forward(next + (in_place ? first : 0), &t->block[i], m, &m->block[i], w, pack,
                             has_kinds(m, pack, i), sequence_parallel, scratch);
        if (in_place) hl_sequence_part_all_gather(next, m, &mine);
        m->sharder->reshard(m->sharder, i);
        hl_act_tick();
    }
    if (m->last) {
        hl_rmsnorm_forward(y + hl_sequence_part_first(m, &outs), t->rstd, t->x, w + m->last_norm, outs.n, D,
                           (float)m->shape.rms_norm_eps);
        hl_sequence_part_all_gather(y, m, &outs);
    }
    hl_arena_back(scratch, mark);
}

/* From the rows that come out to all rows: the last norm and, where only last rows are read out, the last block.  dx
 * (T, D) is filled, where it is sequence parallel with my rows at least; how many blocks are left. */
static int read_out_backward(float *dx, float *dw, const float *dy, const hl_stack_saved *t, const hl_stack *m,
                             const float *w, const hl_pack *pack, hl_arena *scratch)
{
    int layers = m->layers, D = m->shape.hidden_size, n = hl_pack_rows(pack), last = layers - 1;
    size_t mark = hl_arena_mark(scratch);
    if (!m->last) {
        memcpy(dx, dy, (size_t)pack->T * (size_t)D * sizeof *dx);
        return layers;
    }
    const hl_sequence_part mine = hl_sequence_part_of(m, n, m->tp->sequence_parallel && !pack->last_only, scratch);
    const size_t first = hl_sequence_part_first(m, &mine);
    float *d = pack->last_only ? HL_TAKE_ROWS(scratch, float, n, D) : dx;
    memset(d, 0, (size_t)n * (size_t)D * sizeof *d);
    hl_rmsnorm_backward(d + first, hl_sequence_part_norm_gradient(dw + m->last_norm, m, pack->last_only, scratch),
                        dy + first, t->x, w + m->last_norm, t->rstd, mine.n, D);
    if (!pack->last_only) {
        hl_arena_back(scratch, mark);
        return layers;
    }
    if (layers) {
        m->sharder->unshard(m->sharder, last);
        hl_block_last_backward(dx, d, dw, &t->block[last], m, &m->block[last], w, pack, scratch);
        m->sharder->done(m->sharder, last);
    } else {
        memset(dx, 0, (size_t)pack->T * (size_t)D * sizeof *dx);
        hl_rows_scatter_add(dx, d, hl_pack_last_rows(pack, scratch), n, D);
    }
    hl_arena_back(scratch, mark);
    return layers ? last : 0;
}

void hl_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_saved *t, const hl_stack *m,
                       const float *w, const hl_pack *pack, hl_arena *scratch)
{
    if (m->grid) {
        hl_grid_stack_backward(dx, dw, dy, t, m, w, pack, scratch);
        return;
    }
    const size_t mark = hl_arena_mark(scratch);
    const hl_sequence_part mine = hl_sequence_part_of(m, pack->T, m->tp->sequence_parallel, scratch);
    for (int i = read_out_backward(dx, dw, dy, t, m, w, pack, scratch) - 1; i >= 0; i--) {
        m->sharder->unshard(m->sharder, i);
        hl_block_backward(dx, dw, &t->block[i], m, &m->block[i], w, pack, has_kinds(m, pack, i), scratch);
        m->sharder->done(m->sharder, i);
        hl_act_tick();
    }
    hl_sequence_part_all_gather(dx, m, &mine);
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

/* Products of n rows, but keys and values of T. */
static double block_flop(const hl_widths *s, double T, double n)
{
    return 2 * T * (double)s->D * (s->qkv - s->od) + 2 * n * (2.0 * s->od * s->D + 3.0 * s->D * s->F);
}

double hl_stack_flop(const hl_stack *m, const hl_pack *whole)
{
    const hl_pack mine = share_of(m, whole), *pack = &mine;
    const hl_widths s = hl_widths_of(m);
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
