/* stack-open.c - a stack is opened: where its parameters lie, what is mine of them, and how each block is cut. */
#include "base/error.h"
#include "math/rope.h"
#include "model/block.h"
#include "model/cut-grid.h"
#include "model/stack.h"
#include <stdio.h>
#include <stdlib.h>

/* Where parameters of a side lie. */
typedef struct {
    const hl_params *table;
    const char *side;
} place;

/* Of a tensor of a layer, or -1: of no layer; HL_NOWHERE where there is none. */
static int64_t find(const place *x, int layer, const char *tensor)
{
    char name[112], prefix[32] = "";
    if (layer >= 0) snprintf(prefix, sizeof prefix, "layers.%d.", layer);
    snprintf(name, sizeof name, "%s_llm.model.%s%s", x->side, prefix, tensor);
    const hl_param *p = hl_params_find(x->table, name);
    return p ? (int64_t)p->offset : HL_NOWHERE;
}

static size_t offset_of(const place *x, int layer, const char *tensor)
{
    const int64_t at = find(x, layer, tensor);
    HL_CHECK(at != HL_NOWHERE);
    return (size_t)at;
}

/* Part [first, first + out) of what a column-parallel layer puts out, whose parts are as wide as `width` says; stored:
 * numbers of a row of its weight. */
static hl_linear part_of_linear(const hl_linear *l, int first, int stored, const hl_pieces *pieces, const int *F)
{
    hl_linear part = *l;
    part.at += (size_t)first * (size_t)stored;
    if (l->bias != HL_NOWHERE) part.bias += first;
    part.out = hl_pieces_width(pieces);
    part.pieces = *pieces;
    part.F = F;
    return part;
}

static void lay_attention(hl_block *b, const hl_stack *m, const place *x, int layer)
{
    static const hl_grid_axes none = {0};
    const hl_grid_axes *a = m->grid ? m->grid : &none;
    const hl_widths s = hl_widths_of(m);
    const int kd = s.K * s.d, row = hl_tensor_group_row(m->tp);
    const int stored = m->grid ? a->hidden_in[row + 1] - a->hidden_in[row] : s.D,
              heads = m->grid ? a->query[hl_tensor_group_columns(m->tp)] : s.od;
    b->qkv = (hl_linear){.at = offset_of(x, layer, "self_attn.q_proj.weight"), /* k and v follow it */
                         .bias = find(x, layer, "self_attn.q_proj.bias"),
                         .way = HL_CUT_COLUMNS,
                         .in = m->hidden,
                         .out = s.qkv,
                         .narrow = s.D <= HL_STACK_NARROW,
                         .pieces = {m->slices, 3, {s.od, kd, kd}},
                         .F = a->qkv,
                         .D = a->hidden,
                         .K = a->hidden_in};
    b->q = part_of_linear(&b->qkv, 0, stored, &(hl_pieces){m->slices, 1, {s.od}}, a->query);
    b->kv = part_of_linear(&b->qkv, s.od, stored, &(hl_pieces){m->slices, 2, {kd, kd}}, a->key);
    b->o = (hl_linear){.at = offset_of(x, layer, "self_attn.o_proj.weight"),
                       .bias = HL_NOWHERE,
                       .way = HL_CUT_ROWS,
                       .in = s.od,
                       .out = m->hidden,
                       .narrow = heads <= HL_STACK_NARROW,
                       .F = a->hidden,
                       .D = a->query,
                       .K = a->query_in};
    b->q_norm = find(x, layer, "self_attn.q_norm.weight");
    b->k_norm = find(x, layer, "self_attn.k_norm.weight");
    b->window = hl_transformer_window_of(&m->shape, layer, m->positions);
}

static void lay_mlp(hl_block *b, const hl_stack *m, const place *x, int layer)
{
    static const hl_grid_axes none = {0};
    const hl_grid_axes *a = m->grid ? m->grid : &none;
    b->gate_up = (hl_linear){.at = offset_of(x, layer, "mlp.gate_proj.weight"), /* up follows it */
                             .bias = HL_NOWHERE,
                             .way = HL_CUT_COLUMNS,
                             .in = m->hidden,
                             .out = 2 * m->width,
                             .pieces = {m->slices, 2, {m->width, m->width}},
                             .F = a->gate_up,
                             .D = a->hidden,
                             .K = a->hidden_in};
    b->down = (hl_linear){.at = offset_of(x, layer, "mlp.down_proj.weight"),
                          .bias = HL_NOWHERE,
                          .way = HL_CUT_ROWS,
                          .in = m->width,
                          .out = m->hidden,
                          .F = a->hidden,
                          .D = a->width,
                          .K = a->width_in};
}

static void lay_block(hl_block *b, const hl_stack *m, const place *x, int layer)
{
    b->norm = offset_of(x, layer, "input_layernorm.weight");
    b->mlp_norm = offset_of(x, layer, "post_attention_layernorm.weight");
    lay_attention(b, m, x, layer);
    lay_mlp(b, m, x, layer);
}

static const hl_layer_cut *cut_of(const hl_stack *m, bool last)
{
    if (m->grid) return &hl_cut_grid;
    if (m->slices) return &hl_cut_exact;
    if (m->tp->size == 1) return &hl_cut_alone;
    return m->tp->sequence_parallel && !last ? &hl_cut_sequence : &hl_cut_tp;
}

void hl_stack_open(hl_stack *m, const hl_transformer *shape, const hl_params *table, const char *side,
                   hl_transformer_layers layers, const hl_stack_settings *settings, const hl_tensor_group *tp)
{
    const hl_transformer_share mine =
        hl_transformer_share_of(shape, hl_tensor_group_column(tp), hl_tensor_group_columns(tp));
    const place x = {table, side};
    *m = (hl_stack){.shape = *shape,
                    .tp = tp,
                    .sharder = settings->sharder ? settings->sharder : &hl_unsharded,
                    .positions = settings->positions,
                    .slices = settings->slices,
                    .width = (int)(mine.width.end - mine.width.begin),
                    .hidden = shape->hidden_size,
                    .layers = layers.end - layers.begin,
                    .first = layers.begin == 0,
                    .last = layers.end == shape->num_hidden_layers};
    HL_CHECK(hl_transformer_family(shape)->positions == HL_POSITIONS_ROTARY);
    m->heads = (hl_heads){.H = (int)(mine.query.end - mine.query.begin),
                          .K = (int)(mine.key.end - mine.key.begin),
                          .d = shape->head_dim,
                          .group = shape->num_attention_heads / shape->num_key_value_heads,
                          .lead = mine.lead};
    if (tp->rows) {
        m->grid = hl_cut_grid_axes_new(m);
        m->hidden = m->grid->hidden[hl_tensor_group_column(tp) + 1] - m->grid->hidden[hl_tensor_group_column(tp)];
    }
    m->cut = cut_of(m, false);
    m->last_cut = cut_of(m, true);
    m->block = hl_alloc((size_t)m->layers * sizeof *m->block);
    for (int i = layers.begin; i < layers.end; i++) lay_block(&m->block[i - layers.begin], m, &x, i);
    if (m->last) m->last_norm = offset_of(&x, -1, "norm.weight");
    m->rope = hl_alloc((size_t)m->positions * (size_t)shape->head_dim * sizeof *m->rope);
    hl_rope_table(m->rope, m->positions, shape->head_dim, shape->rope_theta);
}

void hl_stack_close(hl_stack *m)
{
    hl_cut_grid_axes_free(m->grid);
    free(m->block);
    free(m->rope);
    *m = (hl_stack){0};
}
