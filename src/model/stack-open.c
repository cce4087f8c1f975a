/* stack-open.c - a stack is opened: where its parameters lie, what is mine of them, and how each block is cut. */
#include "base/error.h"
#include "base/part.h"
#include "math/rope.h"
#include "model/block.h"
#include "model/cut.h"
#include "model/activation.h"
#include "model/norm-kind.h"
#include "model/stack.h"
#include <stdio.h>
#include <stdlib.h>

/* Where parameters of a side lie. */
typedef struct {
    const hl_params *table;
    const char *side;
    const hl_family_layer *names;
} place;

/* Of a tensor of a layer, or -1: of no layer; HL_NOWHERE where there is none. */
static int64_t find(const place *x, int layer, const char *tensor, const char *part)
{
    char name[HL_TRANSFORMER_NAME];
    if (!tensor) return HL_NOWHERE;
    hl_transformer_name(name, x->names, x->side, layer, tensor, part);
    const hl_param *p = hl_params_find(x->table, name);
    return p ? (int64_t)p->offset : HL_NOWHERE;
}

static size_t offset_of(const place *x, int layer, const char *tensor, const char *part)
{
    const int64_t at = find(x, layer, tensor, part);
    HL_CHECK(at != HL_NOWHERE);
    return (size_t)at;
}

/* Mine of an axis, as rows have it between and within the products. */
static int mine_of(const hl_stack *m, hl_length axis)
{
    if (axis == HL_HIDDEN) return m->hidden;
    const hl_cut mine =
        hl_transformer_cut(&m->shape, axis, hl_tensor_group_column(m->tp), hl_tensor_group_columns(m->tp));
    return (int)(mine.end - mine.begin);
}

/* Where the shares of so many columns, or rows, of a grid begin (parts + 1), of lengths side by side; `of` ends with
 * HL_NO_LENGTH.  Columns may share a key head, and each has it. */
static const int *axis_of(const hl_transformer *c, const hl_length *of, int parts, hl_arena *room)
{
    int *begin = HL_TAKE(room, int, parts + 1);
    begin[0] = 0;
    for (int k = 0; k < parts; k++) {
        begin[k + 1] = begin[k];
        for (const hl_length *l = of; *l; l++) {
            const hl_cut part = hl_transformer_cut(c, *l, k, parts);
            begin[k + 1] += (int)(part.end - part.begin);
        }
    }
    return begin;
}

static void cut_into_tiles(hl_linear *l, hl_stack *m, const hl_family_linear *f)
{
    const int columns = hl_tensor_group_columns(m->tp);
    l->F = axis_of(&m->shape, f->out, columns, &m->axes);
    l->D = axis_of(&m->shape, f->in, columns, &m->axes);
    l->K = axis_of(&m->shape, f->in, m->tp->rows, &m->axes);
}

/* A product of a layer; the tensors that lie beside its first one follow it. */
static void lay_linear(hl_linear *l, hl_stack *m, const place *x, int layer, const hl_family_linear *f)
{
    *l = (hl_linear){.at = offset_of(x, layer, f->first, ".weight"),
                     .bias = find(x, layer, f->first, ".bias"),
                     .way = f->way,
                     .in = mine_of(m, f->in[0]),
                     .pieces = {.slices = m->slices}};
    for (const hl_length *out = f->out; *out; out++) l->pieces.width[l->pieces.parts++] = mine_of(m, *out);
    l->out = hl_pieces_width(&l->pieces);
    if (m->tp->rows) cut_into_tiles(l, m, f);
    l->narrow = f->narrow && (m->tp->rows ? l->K[m->tp->rows] : l->in) <= HL_STACK_NARROW;
}

static void lay_block(hl_block *b, hl_stack *m, const place *x, int layer)
{
    const hl_family_layer *f = hl_transformer_family(&m->shape)->layer;
    hl_linear *const linear[HL_LINEARS] = {
        [HL_QKV] = &b->qkv,         [HL_Q] = &b->q,      [HL_KV] = &b->kv, [HL_O] = &b->o,
        [HL_GATE_UP] = &b->gate_up, [HL_DOWN] = &b->down};
    for (int i = 0; i < HL_LINEARS; i++) lay_linear(linear[i], m, x, layer, &f->linear[i]);
    b->norm = find(x, layer, f->norm, "");
    b->mlp_norm = (int64_t)offset_of(x, layer, f->mlp_norm, "");
    b->out_norm = find(x, layer, f->out_norm, "");
    b->q_norm = find(x, layer, f->q_norm, "");
    b->k_norm = find(x, layer, f->k_norm, "");
    b->window = hl_transformer_window_of(&m->shape, layer, m->positions);
}

/* A side that reads vectors has no tokens, and an input without them nothing to add to. */
static void lay_embedding(hl_embedding *e, const hl_stack *m, const place *x)
{
    const hl_cut vocab = hl_transformer_share_of(&m->shape, m->tp->rank, m->tp->size).vocab;
    const int64_t at = find(x, -1, x->names->tokens, "");
    *e = (hl_embedding){.at = at == HL_NOWHERE ? 0 : (size_t)at,
                        .first = (int)vocab.begin,
                        .tokens = at == HL_NOWHERE ? 0 : (int)(vocab.end - vocab.begin),
                        .places = find(x, -1, x->names->places, ""),
                        .types = find(x, -1, x->names->types, ""),
                        .norm = find(x, -1, x->names->input_norm, "")};
}

static const hl_layer_cut *cut_of(const hl_stack *m, bool last)
{
    if (m->tp->rows) return &hl_cut_grid;
    if (m->slices) return &hl_cut_exact;
    if (m->tp->size == 1) return &hl_cut_alone;
    return m->tp->sequence_parallel && !last ? &hl_cut_sequence : &hl_cut_tp;
}

void hl_stack_open(hl_stack *m, const hl_transformer *shape, const hl_params *table, const char *side,
                   hl_transformer_layers layers, const hl_stack_settings *settings, const hl_tensor_group *tp)
{
    const hl_transformer_share mine =
        hl_transformer_share_of(shape, hl_tensor_group_column(tp), hl_tensor_group_columns(tp));
    const place x = {table, side, hl_transformer_family(shape)->layer};
    *m = (hl_stack){.shape = *shape,
                    .tp = tp,
                    .sharder = settings->sharder ? settings->sharder : &hl_unsharded,
                    .positions = settings->positions,
                    .slices = settings->slices,
                    .width = (int)(mine.width.end - mine.width.begin),
                    .hidden = shape->hidden_size,
                    .begins = layers.begin,
                    .layers = layers.end - layers.begin,
                    .first_head = (int)mine.query.begin,
                    .first = layers.begin == 0,
                    .last = layers.end == shape->num_hidden_layers};
    m->norm = hl_norm_kind_of(shape);
    m->activation = hl_activation_of(shape);
    m->heads = (hl_heads){.H = (int)(mine.query.end - mine.query.begin),
                          .K = (int)(mine.key.end - mine.key.begin),
                          .d = shape->head_dim,
                          .group = shape->num_attention_heads / shape->num_key_value_heads,
                          .lead = mine.lead,
                          .both_ways = hl_transformer_family(shape)->mask == HL_BIDIRECTIONAL};
    m->axes = hl_arena_growing("axes of a grid");
    if (tp->rows) {
        const int columns = hl_tensor_group_columns(tp), column = hl_tensor_group_column(tp);
        m->hidden = (int)hl_part_count(shape->hidden_size, columns, column);
    }
    m->cut = cut_of(m, false);
    m->last_cut = cut_of(m, true);
    m->block = hl_alloc((size_t)m->layers * sizeof *m->block);
    for (int i = layers.begin; i < layers.end; i++) lay_block(&m->block[i - layers.begin], m, &x, i);
    m->last_norm = m->last ? find(&x, -1, x.names->last_norm, "") : HL_NOWHERE;
    if (m->first) lay_embedding(&m->embedding, m, &x);
    if (!hl_transformer_turns(shape)) return;
    m->rope = hl_alloc((size_t)m->positions * (size_t)shape->head_dim * sizeof *m->rope);
    hl_rope_table(m->rope, m->positions, shape->head_dim, shape->rope_theta, &shape->rope);
}

void hl_stack_close(hl_stack *m)
{
    hl_arena_free(&m->axes);
    free(m->block);
    free(m->rope);
    *m = (hl_stack){0};
}
