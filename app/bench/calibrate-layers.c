/* calibrate-layers.c - what micro-batches of both models take this machine: coefficients of step/machine.h.
 *
 * Attention is measured by itself.  Norms, rotation, gating, residuals, rows of tokens and whatever else a model does
 * are what products and attention leave of whole micro-batches, so that nothing that takes time is left out.  As in a
 * step, several micro-batches go forward before the first goes backward: what is saved comes from memory, and so do the
 * weights of wide models. */
#include "app/bench/calibrate-model.h"
#include "app/bench/samples.h"
#include "base/arena.h"
#include "base/rng.h"
#include "math/attention.h"
#include "model/item.h"
#include "model/user.h"
#include <math.h>
#include <stdlib.h>

/* ---- made-up texts: a common beginning, then tokens of which some are frequent */

enum { TEXTS = 64, LONGEST = 512, PREFIX = 4 };

typedef struct {
    hl_corpus corpus;
    int length;
    int32_t token[TEXTS][LONGEST];
} texts;

static const int32_t *tokens_of(const hl_corpus *c, int64_t item, int *n)
{
    const texts *t = c->self;
    *n = t->length;
    return t->token[item];
}

static void write_texts(texts *t, int length, int vocabulary)
{
    hl_rng r = hl_rng_at(1, HL_FOR_SYNTH, 1, 0);
    *t = (texts){.corpus = {.items = TEXTS, .self = t, .tokens = tokens_of}, .length = length};
    for (int i = 0; i < TEXTS; i++)
        for (int k = 0; k < length; k++) {
            const uint64_t any = hl_rng_below(&r, (uint64_t)vocabulary);
            t->token[i][k] = k < PREFIX ? k : (int32_t)hl_rng_below(&r, any + 1);
        }
}

/* ---- one shape */

typedef struct {
    hl_side side;
    int D, heads, mlp, depth;
    int segments, length; /* texts of so many tokens, users of so many items */
    int vocabulary;
} shape;

/* So many micro-batches, each with what it saves. */
typedef struct {
    hl_transformer shape;
    hl_model model;
    hl_pack pack;
    hl_work work;
    hl_arena arena, kept, scratch;
    int times, vectors;
    char **saved; /* (times) */
    float *w, *dw, *x, *y, *dx;
    texts texts;
} batches;

/* Numbers that pass between two uses of what is saved, more than a cache has: what others save, and all weights. */
static const double AT_HAND = 12e6;
enum { TIMES_MOST = 24 };

static hl_transformer transformer_of(const shape *s)
{
    return (hl_transformer){.hidden_size = s->D,
                            .intermediate_size = s->mlp,
                            .num_hidden_layers = s->depth,
                            .num_attention_heads = s->heads,
                            .num_key_value_heads = s->heads,
                            .head_dim = s->D / s->heads,
                            .vocab_size = s->vocabulary,
                            .rms_norm_eps = 1e-5,
                            .rope_theta = 1e4,
                            .initializer_range = 0.02};
}

static void open_pack(batches *b, const shape *s)
{
    if (s->side == HL_ITEM) {
        int32_t *item = HL_TAKE(&b->arena, int32_t, s->segments);
        for (int i = 0; i < s->segments; i++) item[i] = i % TEXTS;
        write_texts(&b->texts, s->length, s->vocabulary);
        b->model.kind->pack(&b->pack, &b->model, &b->texts.corpus, item, s->segments, &b->arena);
    } else {
        int *length = HL_TAKE(&b->arena, int, s->segments);
        for (int i = 0; i < s->segments; i++) length[i] = s->length;
        hl_user_pack(&b->pack, length, s->segments, 0, false, &b->arena);
    }
}

static void open_saved(batches *b)
{
    const double saved = 12.0 * b->pack.T * b->shape.hidden_size * b->shape.num_hidden_layers,
                 weights = (double)b->model.table->count;
    b->times = (int)fmin(TIMES_MOST, fmax(1, ceil(AT_HAND / (saved + weights))));
    b->saved = hl_alloc((size_t)b->times * sizeof *b->saved);
    for (int i = 0; i < b->times; i++) {
        b->saved[i] = hl_alloc_zero(1, b->model.kind->saved);
        b->model.kind->trace(b->saved[i], &b->model, &b->pack, &b->kept);
    }
}

static void open_batches(batches *b, const shape *s)
{
    const hl_model_settings settings = {
        .shape = &b->shape, .longest = s->length, .item_tokens = 1, .share_prefix = true, .share_tokens = true};
    b->shape = transformer_of(s);
    b->arena = hl_arena_growing("the shape of a calibration");
    b->kept = hl_arena_growing("what its forward saves");
    b->scratch = hl_arena_growing("scratch of a calibration");
    hl_model_open(&b->model, s->side == HL_ITEM ? &hl_item_llm : &hl_user_llm, &settings, &hl_alone);
    open_pack(b, s);
    b->work = b->model.kind->work(&b->model, &b->pack);
    b->vectors = hl_model_vectors(&b->model, &b->pack);
    const size_t rows = (size_t)b->pack.T * (size_t)s->D, vectors = (size_t)b->vectors * (size_t)s->D;
    b->w = hl_meter_array(b->model.table->count);
    b->dw = hl_meter_array(b->model.table->count);
    b->x = s->side == HL_USER ? hl_meter_array(rows) : NULL;
    b->dx = s->side == HL_USER ? hl_meter_array(rows) : NULL;
    b->y = hl_meter_array(vectors);
    open_saved(b);
}

static void close_batches(batches *b)
{
    float *arrays[] = {b->y, b->dx, b->x, b->dw, b->w};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) free(arrays[i]);
    for (int i = 0; i < b->times; i++) free(b->saved[i]);
    free(b->saved);
    hl_model_close(&b->model);
    hl_arena_free(&b->scratch);
    hl_arena_free(&b->kept);
    hl_arena_free(&b->arena);
}

static void go_forward(void *self)
{
    batches *b = self;
    for (int i = 0; i < b->times; i++)
        b->model.kind->forward(b->y, b->saved[i], &b->model, b->w, b->x, &b->pack, &b->scratch);
}

static void go_back(void *self)
{
    batches *b = self;
    for (int i = b->times - 1; i >= 0; i--)
        b->model.kind->backward(b->dx, b->dw, b->y, b->saved[i], &b->model, b->w, &b->pack, &b->scratch);
}

/* ---- its attention */

typedef struct {
    const int *begin;
    int segments;
    hl_heads heads;
    float *qkv, *dqkv, *o, *lse;
} attention;

static void attend(void *self)
{
    const attention *a = self;
    hl_attention_forward(a->o, a->lse, a->qkv, a->begin, a->segments, &a->heads);
}

static void attend_back(void *self)
{
    const attention *a = self;
    hl_attention_backward(a->dqkv, a->o, a->o, a->lse, a->qkv, a->begin, a->segments, &a->heads);
}

/* Of a user model, all of whose layers are alike. */
static void sample_attention(hl_samples *s, const hl_meter *m, const batches *b)
{
    const hl_transformer *c = &b->shape;
    const size_t rows = (size_t)b->pack.T, heads = (size_t)c->num_attention_heads, D = (size_t)c->hidden_size;
    double terms[HL_ATTENTION_TERMS], seconds[HL_WAYS];
    attention a = {b->pack.begin,
                   b->pack.segments,
                   {.H = (int)heads, .K = (int)heads, .d = c->head_dim, .group = 1},
                   hl_meter_array(3 * rows * D),
                   hl_meter_array(3 * rows * D),
                   hl_meter_array(rows * D),
                   hl_meter_array(rows * heads)};
    hl_samples_measure(seconds, m, attend, attend_back, &a);
    for (int way = 0; way < HL_WAYS; way++) seconds[way] *= b->work.layers;
    hl_machine_attention_terms(terms, &b->work);
    hl_samples_add(s, terms, seconds, seconds);
    free(a.lse);
    free(a.o);
    free(a.dqkv);
    free(a.qkv);
}

/* ---- all shapes */

typedef struct {
    hl_samples attention, pass;
    double whole[HL_SAMPLES_MOST][HL_WAYS];
    hl_work work[HL_SAMPLES_MOST];
    int n;
} layer_samples;

static void sample_layers(layer_samples *s, const hl_meter *m, const shape *of)
{
    batches *b = hl_alloc_zero(1, sizeof *b);
    open_batches(b, of);
    hl_samples_measure(s->whole[s->n], m, go_forward, go_back, b);
    for (int way = 0; way < HL_WAYS; way++) s->whole[s->n][way] /= b->times;
    if (of->side == HL_USER) sample_attention(&s->attention, m, b);
    s->work[s->n++] = b->work;
    close_batches(b);
    free(b);
}

/* What products and attention leave of whole micro-batches, relative to these. */
static void sample_rest(layer_samples *s, const hl_coefficients *fit)
{
    const hl_machine known = {.is_fitted = true, .fit = *fit};
    for (int i = 0; i < s->n; i++) {
        double terms[HL_PASS_TERMS], rest[HL_WAYS];
        for (hl_way_of_pass way = 0; way < HL_WAYS; way++)
            rest[way] = s->whole[i][way] - hl_machine_product_seconds(&known, &s->work[i], way)
                        - hl_machine_attention_seconds(&known, &s->work[i], way);
        hl_machine_pass_terms(terms, &s->work[i]);
        hl_samples_add(&s->pass, terms, rest, s->whole[i]);
    }
}

/* clang-format off */
static const shape shapes[] = {
    {HL_USER,   32,  4,  64, 6,  4,  10,    0}, {HL_USER,   64,  4, 160, 4, 64,  16,    0},
    {HL_USER,   64,  8, 256, 2,  8,  64,    0}, {HL_USER,  128,  8, 512, 4,  8,   8,    0},
    {HL_USER,  128,  4, 256, 3,  8, 100,    0}, {HL_USER,  128,  4, 344, 4, 40,  20,    0},
    {HL_USER,  256,  4, 512, 4,  6,   6,    0}, {HL_USER,  256,  8,1024, 2, 24,  12,    0},
    {HL_USER,  256,  8, 704, 2,  2, 256,    0}, {HL_USER,  512,  8,1024, 3,  2,   4,    0},
    {HL_USER,  512,  8,2048, 2,  6,  24,    0}, {HL_USER,  768, 12,2048, 2,  3,  10,    0},
    {HL_ITEM,   64,  4, 128, 4, 24,  24,  256}, {HL_ITEM,   64,  4, 256, 2, 32,  60, 4096},
    {HL_ITEM,  128,  4, 512, 3, 32,  30,  256}, {HL_ITEM,  128,  8, 256, 6,  8, 110, 1024},
    {HL_ITEM,  192,  6, 528, 3, 30,  16,  256}, {HL_ITEM,  256,  8, 512, 2, 16,  70, 8192},
    {HL_ITEM,  288,  6,1152, 4, 10,  30,  256}, {HL_ITEM,  448,  8,1232, 2, 16,  24,  256},
    {HL_ITEM,  512,  8,1024, 2,  6,  80, 1024}, {HL_ITEM,  768, 12,2048, 2,  8,  30,  256},
    {HL_ITEM, 1024, 16,2816, 2,  4,  40, 2048}, {HL_ITEM,   96,  6, 384, 4,  6,  40,  256},
};
/* clang-format on */

double hl_calibrate_layers(hl_coefficients *fit, const hl_meter *m)
{
    layer_samples *s = hl_alloc_zero(1, sizeof *s);
    s->attention.terms = HL_ATTENTION_TERMS;
    s->pass.terms = HL_PASS_TERMS;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (!m->quick || shapes[i].D <= 64) sample_layers(s, m, &shapes[i]);
    hl_samples_fit(fit->attention[HL_FORWARD_WAY], fit->attention[HL_BACKWARD_WAY], &s->attention);
    sample_rest(s, fit);
    const double off = hl_samples_fit(fit->pass[HL_FORWARD_WAY], fit->pass[HL_BACKWARD_WAY], &s->pass);
    free(s);
    return off;
}
