/* item.c - the Item LLM: a micro-batch of texts in, a vector a text out. */
#include "model/item.h"
#include "base/error.h"
#include "base/minmax.h"
#include "math/rows.h"
#include "data/prefix.h"
#include "model/stages.h"
#include <stdlib.h>
#include <string.h>

static hl_transformer_layers layers_of(const hl_transformer *shape, int item_tokens, const hl_tensor_group *tp)
{
    return hl_stages_layers(shape, item_tokens > 0, tp->stage, tp->stages);
}

void hl_item_params(hl_params *t, const hl_transformer *shape, int item_tokens, const hl_tensor_group *tp)
{
    hl_transformer_params(t, shape, "item", true, layers_of(shape, item_tokens, tp), tp);
    if (tp->stage > 0) return;
    if (item_tokens) {
        hl_param *p = hl_params_add(t, "item_emb_tokens", 3, (int64_t[]){1, 1, shape->hidden_size}, tp->rank == 0);
        p->init = HL_INIT_NORMAL;
        p->std = 0.02f;
    }
    hl_model_add_scale(t, tp);
}

/* Where a tensor of the first stage lies; 0 where there is none. */
static size_t place_of(const hl_item_model *m, const char *name)
{
    const hl_param *p = hl_params_find(&m->table, name);
    return p ? p->offset : 0;
}

void hl_item_open(hl_item_model *m, const hl_transformer *shape, const hl_item_settings *settings,
                  const hl_tensor_group *tp)
{
    const int item_tokens = settings->item_tokens;
    const hl_family *family = hl_transformer_family(shape);
    *m = (hl_item_model){.item_tokens = item_tokens,
                         .share_prefix = settings->share_prefix && hl_family_shares_prefix(family),
                         .share_tokens = settings->share_tokens && hl_family_shares_tokens(family)};
    const hl_cut vocab = hl_transformer_share_of(shape, tp->rank, tp->size).vocab;
    hl_item_params(&m->table, shape, item_tokens, tp);
    hl_stack_open(&m->stack, shape, &m->table, "item", layers_of(shape, item_tokens, tp),
                  &(hl_stack_settings){settings->longest + item_tokens, settings->slices, settings->sharder}, tp);
    m->stack.embedding = (hl_embedding){.at = place_of(m, "item_llm.model.embed_tokens.weight"),
                                        .item_at = place_of(m, "item_emb_tokens"),
                                        .first = (int)vocab.begin,
                                        .tokens = (int)(vocab.end - vocab.begin)};
}

void hl_item_close(hl_item_model *m)
{
    hl_stack_close(&m->stack);
    hl_params_free(&m->table);
}

/* Number the different tokens of a pack in the order in which they come. */
static void number_kinds(hl_pack *pack, const int *token, int vocab, hl_arena *arena)
{
    int *kind = HL_TAKE(arena, int, pack->T), *first = HL_TAKE(arena, int, pack->T);
    const size_t mark = hl_arena_mark(arena);
    int *number = HL_TAKE_ZERO(arena, int, vocab + 1); /* of a token, from 1; the [ITEM] vector comes before them */
    for (int i = 0; i < pack->T; i++) {
        int *const its = &number[token[i] + 1];
        if (*its == 0) {
            first[pack->kinds] = i;
            *its = ++pack->kinds;
        }
        kind[i] = *its - 1;
    }
    hl_arena_back(arena, mark);
    pack->kind = kind;
    pack->first = first;
}

/* ---- as a row of models.c */

static void params(hl_params *t, const hl_model_settings *s, const hl_tensor_group *tp)
{
    hl_item_params(t, s->shape, s->item_tokens, tp);
}

static void open(hl_model *m, const hl_model_settings *s, const hl_tensor_group *tp)
{
    hl_item_model *x = m->self = hl_alloc(sizeof *x);
    const hl_item_settings settings = {s->item_tokens,  s->longest, s->share_prefix,
                                       s->share_tokens, s->slices,  s->sharder};
    hl_item_open(x, s->shape, &settings, tp);
    m->table = &x->table;
    m->first = x->stack.first;
    m->last = x->stack.last;
}

static void close(hl_model *m)
{
    hl_item_close(m->self);
    free(m->self);
}

static void sizes(hl_pack *p, const hl_model *m, const hl_corpus *corpus, const int32_t *item, int n, hl_arena *arena)
{
    const hl_item_model *x = m->self;
    int prefix = x->share_prefix && x->item_tokens ? hl_prefix_of(corpus, item, n) : 0, length;
    int *begin = (int *)HL_TAKE(arena, int, n + 2) + 1;
    begin[-1] = 0;
    begin[0] = prefix;
    for (int i = 0; i < n; i++) {
        corpus->tokens(corpus, item[i], &length);
        begin[i + 1] = begin[i] + length - prefix + x->item_tokens;
    }
    *p = (hl_pack){.T = begin[n], .segments = n, .begin = begin, .last_only = x->item_tokens > 0, .prefix = prefix};
}

/* A text's row k is at position k, wherever it lies. */
static void pack(hl_pack *p, const hl_model *m, const hl_corpus *corpus, const int32_t *item, int n, hl_arena *arena)
{
    const hl_item_model *x = m->self;
    sizes(p, m, corpus, item, n, arena);
    const int prefix = p->prefix, *begin = p->begin;
    int *token = HL_TAKE(arena, int, p->T), *position = HL_TAKE(arena, int, p->T), length;
    for (int i = prefix ? -1 : 0; i < n; i++) {
        const int32_t *ids = corpus->tokens(corpus, item[hl_max(i, 0)], &length);
        int from = i < 0 ? 0 : prefix;
        for (int at = begin[i], k = from; at < begin[i + 1]; at++, k++) {
            token[at] = k < length ? ids[k] : -1;
            position[at] = k;
        }
    }
    p->position = position;
    p->token = token;
    if (x->share_tokens && x->stack.first) number_kinds(p, token, x->stack.shape.vocab_size, arena);
}

static const hl_stack *stack_of(const hl_model *m) { return &((const hl_item_model *)m->self)->stack; }

static void trace(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena)
{
    hl_stack_saved_lay(saved, stack_of(m), p, arena);
}

/* Is what leaves the stack the mean of its rows? */
static bool takes_mean(const hl_model *m, const hl_pack *p) { return m->last && !p->last_only; }

/* The [ITEM] token is the last row of its text, and what comes out of the stack is the vector. */
static void forward(float *y, void *saved, const hl_model *m, const float *w, const float *x, const hl_pack *p,
                    hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch), size = (size_t)p->T * (size_t)m->width;
    float *rows = takes_mean(m, p) ? HL_TAKE(scratch, float, size) : y;
    hl_stack_forward(rows, saved, stack_of(m), w, x, p, scratch);
    if (takes_mean(m, p)) hl_rows_mean_forward(y, rows, p->begin, p->segments, m->width);
    hl_arena_back(scratch, mark);
}

static void backward(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                     const hl_pack *p, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch), size = (size_t)p->T * (size_t)m->width;
    float *rows = HL_TAKE(scratch, float, takes_mean(m, p) ? size : 0);
    if (takes_mean(m, p)) hl_rows_mean_backward(rows, dy, p->begin, p->segments, m->width);
    hl_stack_backward(dx, dw, takes_mean(m, p) ? rows : dy, saved, stack_of(m), w, p, scratch);
    hl_arena_back(scratch, mark);
}

static void pass_forward(const hl_model *m) { hl_stack_pass_forward(stack_of(m)); }

static void pass_backward(const hl_model *m) { hl_stack_pass_backward(stack_of(m)); }

static hl_work work(const hl_model *m, const hl_pack *p) { return hl_stack_work(stack_of(m), p); }

const hl_model_kind hl_item_llm = {
    .name = "Item LLM",
    .side = HL_ITEM,
    .saved = sizeof(hl_stack_saved),
    .params = params,
    .open = open,
    .close = close,
    .pack = pack,
    .sizes = sizes,
    .trace = trace,
    .forward = forward,
    .backward = backward,
    .pass_forward = pass_forward,
    .pass_backward = pass_backward,
    .work = work,
};
