/* hstu.c - HSTU as a user model: its parameters, and its layers one after the other. */
#include "model/hstu.h"
#include "base/acts.h"
#include "base/error.h"
#include "math/rows.h"
#include "model/hstu-layer.h"
#include "model/stages.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int T;
    hl_user_input_saved input;
    hl_hstu_saved *layer;
} hstu_saved;

/* ---- parameters */

static hl_transformer_layers layers_of(const hl_transformer *shape, const hl_tensor_group *tp)
{
    return hl_stages_layers(shape, false, tp->stage, tp->stages);
}

static hl_param_name name_of(char room[2][HL_TRANSFORMER_NAME], const hl_transformer *shape, int i, const char *tensor)
{
    snprintf(room[0], HL_TRANSFORMER_NAME, "_hstu._attention_layers.%d.%s", i, tensor);
    snprintf(room[1], HL_TRANSFORMER_NAME, "user_llm/layers.%s", tensor);
    return (hl_param_name){room[0], room[1], i, shape->num_hidden_layers};
}

static hl_cut times(hl_cut x, int64_t n) { return (hl_cut){x.begin * n, x.end * n, x.own_begin * n, x.own_end * n}; }

/* Of the numbers for i - j that of 0; there are as many as for a window twice as long, as in the public code. */
static int64_t middle_of(const hl_transformer *shape) { return 2 * (int64_t)shape->max_position_embeddings - 1; }

/* All ranks have it, and each the gradient of its heads. */
static void add_bias(hl_params *t, const hl_transformer *shape, int i, const char *tensor, int64_t n,
                     const hl_tensor_group *tp)
{
    char room[2][HL_TRANSFORMER_NAME];
    const hl_param_name name = name_of(room, shape, i, tensor);
    hl_param *p = hl_params_add_cut(t, &name, 1, &n, -1, &(hl_cut){0, 1, 0, tp->rank == 0});
    p->init = HL_INIT_NORMAL;
    p->std = 0.02f;
    p->shared = tp->size > 1;
}

static void add_layer(hl_params *t, const hl_transformer *shape, int i, const hl_tensor_group *tp)
{
    const int64_t D = shape->hidden_size, d = shape->head_dim, E = shape->num_attention_heads * d;
    const hl_cut mine = times(hl_transformer_share_of(shape, tp->rank, tp->size).query, d),
                 whole = {0, 1, 0, tp->rank == 0};
    char room[2][HL_TRANSFORMER_NAME];
    hl_param_name name = name_of(room, shape, i, "_uvqk");
    hl_param *p = hl_params_add_cut(t, &name, 3, (int64_t[]){D, HL_HSTU_PARTS, E}, 2, &mine);
    p->init = HL_INIT_NORMAL;
    p->std = (float)shape->initializer_range;
    name = name_of(room, shape, i, "_o.weight");
    p = hl_params_add_cut(t, &name, 2, (int64_t[]){D, E}, 1, &mine);
    p->init = HL_INIT_UNIFORM; /* Xavier's */
    p->std = (float)sqrt(6.0 / (double)(D + E));
    name = name_of(room, shape, i, "_o.bias");
    p = hl_params_add_cut(t, &name, 1, (int64_t[]){D}, -1, &whole);
    p->init = HL_INIT_UNIFORM; /* nn.Linear's */
    p->std = (float)(1 / sqrt((double)E));
    if (!shape->rel_bias) return;
    add_bias(t, shape, i, "_rel_attn_bias._ts_w", HL_SILU_BUCKETS + 1, tp);
    add_bias(t, shape, i, "_rel_attn_bias._pos_w", 2 * middle_of(shape) + 1, tp);
}

static void params(hl_params *t, const hl_model_settings *s, const hl_tensor_group *tp)
{
    const hl_transformer_layers layers = layers_of(s->shape, tp);
    if (layers.begin == 0) hl_user_input_params(t, s->shape, tp);
    if (layers.begin == 0) { /* a row more than there are slots, as in the public code */
        const int64_t size[] = {s->shape->max_position_embeddings + 1, s->shape->hidden_size};
        hl_param *p = hl_params_add(t, "position_embedding.weight", 2, size, tp->rank == 0);
        p->init = HL_INIT_TRUNCATED;
        p->std = (float)s->shape->initializer_range;
    }
    for (int i = layers.begin; i < layers.end; i++) add_layer(t, s->shape, i, tp);
}

static size_t offset_of(const hl_hstu *x, int i, const char *tensor)
{
    char room[2][HL_TRANSFORMER_NAME];
    const hl_param_name name = name_of(room, &x->shape, i, tensor);
    const hl_param *p = hl_params_find(&x->table, name.name);
    HL_CHECK(p);
    return p->offset;
}

static hl_hstu_layer layer_of(const hl_hstu *x, int i)
{
    hl_hstu_layer l = {
        .uvqk = offset_of(x, i, "_uvqk"), .o = offset_of(x, i, "_o.weight"), .bias = offset_of(x, i, "_o.bias")};
    if (!x->shape.rel_bias) return l;
    l.time = offset_of(x, i, "_rel_attn_bias._ts_w");
    l.place = offset_of(x, i, "_rel_attn_bias._pos_w") + (size_t)middle_of(&x->shape);
    return l;
}

static void open(hl_model *m, const hl_model_settings *s, const hl_tensor_group *tp)
{
    const hl_transformer_layers layers = layers_of(s->shape, tp);
    const hl_cut heads = hl_transformer_share_of(s->shape, tp->rank, tp->size).query;
    const size_t D = (size_t)s->shape->hidden_size;
    HL_CHECK(tp->rows == 0 && s->slices == 0);
    hl_hstu *x = m->self = hl_alloc(sizeof *x);
    *x = (hl_hstu){.shape = *s->shape,
                   .tp = tp,
                   .sharder = s->sharder ? s->sharder : &hl_unsharded,
                   .begins = layers.begin,
                   .layers = layers.end - layers.begin,
                   .heads = (int)(heads.end - heads.begin),
                   .first_head = (int)heads.begin,
                   .layer = hl_alloc((size_t)(layers.end - layers.begin) * sizeof *x->layer),
                   .plain = hl_alloc_zero(2 * D, sizeof *x->plain)};
    params(&x->table, s, tp);
    hl_user_input_open(&x->input, s->shape, &x->table, false, tp);
    for (int i = 0; i < x->layers; i++) x->layer[i] = layer_of(x, x->begins + i);
    for (size_t i = 0; i < D; i++) x->plain[i] = 1;
    m->table = &x->table;
    m->first = layers.begin == 0;
    m->last = layers.end == s->shape->num_hidden_layers;
    const hl_param *places = hl_params_find(&x->table, "position_embedding.weight");
    x->places = places ? (int64_t)places->offset : HL_NOWHERE;
}

static void close(hl_model *m)
{
    hl_hstu *x = m->self;
    hl_params_free(&x->table);
    free(x->layer);
    free(x->plain);
    free(x);
}

/* ---- all of my stage */

static void trace(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena)
{
    const hl_hstu *x = m->self;
    hstu_saved *t = saved;
    const int D = x->shape.hidden_size, E = hl_hstu_mine(x), T = p->T;
    t->T = T;
    hl_user_input_lay(&t->input, &x->input, p, arena);
    t->layer = HL_TAKE(arena, hl_hstu_saved, x->layers);
    for (int i = 0; i < x->layers; i++) {
        const hl_hstu_saved s = {HL_TAKE_ROWS(arena, float, T, D), HL_TAKE_ROWS(arena, float, T, 2),
                                 HL_TAKE_ROWS(arena, float, T, HL_HSTU_PARTS *E), HL_TAKE_ROWS(arena, float, T, E),
                                 HL_TAKE_ROWS(arena, float, T, 2)};
        if (!arena->measuring) t->layer[i] = s;
    }
}

static void add_places(float *y, const hl_hstu *x, const float *w, const hl_pack *p)
{
    const int D = x->shape.hidden_size;
    for (int i = 0; i < p->T; i++)
        hl_add(y + hl_rows_numbers(i, D), w + x->places + hl_rows_numbers(p->position[i], D), (size_t)D);
}

static void forward(float *y, void *saved, const hl_model *m, const float *w, const float *in, const hl_pack *p,
                    hl_arena *scratch)
{
    const hl_hstu *x = m->self;
    hstu_saved *t = saved;
    const int D = x->shape.hidden_size;
    const size_t mark = hl_arena_mark(scratch), numbers = hl_rows_numbers(p->T, D);
    const bool few = m->last && p->last_only;
    float *out = few ? HL_TAKE_ROWS(scratch, float, p->T, D) : y, *first = x->layers ? t->layer[0].x : out;
    memcpy(first, hl_user_input_forward(&t->input, &x->input, w, in, p, scratch), numbers * sizeof *first);
    if (m->first) add_places(first, x, w, p);
    const hl_silu_bias buckets = hl_hstu_buckets(x, p, scratch);
    const hl_hstu_pass pass = {x, w, NULL, p, &buckets, scratch};
    for (int i = 0; i < x->layers; i++) {
        x->sharder->unshard(x->sharder, i);
        hl_hstu_layer_forward(i + 1 < x->layers ? t->layer[i + 1].x : out, &t->layer[i], &pass, i);
        x->sharder->reshard(x->sharder, i);
        hl_act_tick();
    }
    if (few) hl_rows_gather(y, out, hl_pack_rows_read(p, scratch), p->segments, D);
    hl_arena_back(scratch, mark);
}

static void backward(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                     const hl_pack *p, hl_arena *scratch)
{
    const hl_hstu *x = m->self;
    const hstu_saved *t = saved;
    const int D = x->shape.hidden_size;
    const size_t mark = hl_arena_mark(scratch), numbers = hl_rows_numbers(p->T, D);
    if (m->last && p->last_only) {
        memset(dx, 0, numbers * sizeof *dx);
        hl_rows_scatter_add(dx, dy, hl_pack_rows_read(p, scratch), p->segments, D);
    } else memcpy(dx, dy, numbers * sizeof *dx);
    const hl_silu_bias buckets = hl_hstu_buckets(x, p, scratch);
    const hl_hstu_pass pass = {x, w, dw, p, &buckets, scratch};
    for (int i = x->layers - 1; i >= 0; i--) {
        x->sharder->unshard(x->sharder, i);
        hl_hstu_layer_backward(dx, &t->layer[i], &pass, i);
        x->sharder->done(x->sharder, i);
        hl_act_tick();
    }
    for (int i = 0; m->first && i < p->T; i++)
        hl_add(dw + x->places + hl_rows_numbers(p->position[i], D), dx + hl_rows_numbers(i, D), (size_t)D);
    hl_user_input_backward(dw, dx, &t->input, &x->input, w, p, scratch);
    hl_arena_back(scratch, mark);
}

static void pass_forward(const hl_model *m)
{
    const hl_hstu *x = m->self;
    for (int i = 0; i < x->layers; i++) {
        x->sharder->unshard(x->sharder, i);
        x->sharder->reshard(x->sharder, i);
    }
}

static void pass_backward(const hl_model *m)
{
    const hl_hstu *x = m->self;
    for (int i = x->layers - 1; i >= 0; i--) {
        x->sharder->unshard(x->sharder, i);
        x->sharder->done(x->sharder, i);
    }
}

static hl_work work(const hl_model *m, const hl_pack *p)
{
    const hl_hstu *x = m->self;
    const double T = p->T, D = x->shape.hidden_size, E = hl_hstu_mine(x);
    double pairs = 0;
    for (int s = 0; s < p->segments; s++) {
        const double L = p->begin[s + 1] - p->begin[s];
        pairs += L * (L + 1) / 2;
    }
    hl_work w = {.layers = x->layers,
                 .hidden = x->layers * T * D,
                 .wide = x->layers * T * HL_HSTU_PARTS * E,
                 .attention = x->layers * 4 * pairs * E,
                 .scores = x->layers * pairs * x->heads,
                 .scratch = sizeof(float) * T * (2 * D + (2 * HL_HSTU_PARTS + 4) * E)};
    for (int i = 0; i < x->layers; i++) {
        hl_work_add_product(&w, T, D, HL_HSTU_PARTS * E);
        hl_work_add_product(&w, T, E, D);
    }
    hl_user_input_work(&w, &x->input, p);
    return w;
}

/* Two sums of rows a layer, one each way of the norm over all heads, one of its output or of its input's gradient. */
static void talk(const hl_model *m, const hl_pack *p, bool backward, void (*hear)(void *self, hl_talk t), void *self)
{
    const hl_hstu *x = m->self;
    hl_user_input_talk(&x->input, p, backward, hear, self);
    for (int i = 0; i < x->layers && x->tp->size > 1; i++) {
        hear(self, (hl_talk){HL_TALK_SUM, 2 * (size_t)p->T, 0});
        hear(self, (hl_talk){HL_TALK_SUM, hl_rows_numbers(p->T, x->shape.hidden_size), 0});
    }
}

const hl_model_kind hl_user_hstu = {
    .name = "HSTU",
    .side = HL_USER,
    .saved = sizeof(hstu_saved),
    .params = params,
    .open = open,
    .close = close,
    .trace = trace,
    .forward = forward,
    .backward = backward,
    .pass_forward = pass_forward,
    .pass_backward = pass_backward,
    .work = work,
    .talk = talk,
};
