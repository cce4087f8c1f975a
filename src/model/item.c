/* item.c - the Item LLM: a micro-batch of texts in, a vector a text out. */
#include "model/item.h"
#include "base/error.h"
#include "base/minmax.h"
#include "math/linear.h"
#include "math/rows.h"
#include "math/sliced.h"
#include "data/prefix.h"
#include "model/stages.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static hl_transformer_layers layers_of(const hl_transformer *shape, int item_tokens, const hl_tensor_group *tp)
{
    return hl_stages_layers(shape, hl_transformer_reads_one_row(shape, item_tokens), tp->stage, tp->stages);
}

static const char *adapter_name(const hl_transformer *shape)
{
    const char *name = hl_transformer_family(shape)->layer->adapter;
    return name ? name : "item_adapter.weight";
}

/* The adapter is the last stage's, whole on each of its ranks, who all have the same vectors. */
static void add_adapter(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp)
{
    if (!shape->vector_size || tp->stage < tp->stages - 1) return;
    const int64_t size[] = {shape->vector_size, shape->hidden_size};
    hl_param *p = hl_params_add(t, adapter_name(shape), 2, size, tp->rank == 0);
    p->init = hl_transformer_family(shape)->layer->adapter ? HL_INIT_UNIFORM : HL_INIT_NORMAL;
    p->std = (float)(1 / sqrt(shape->hidden_size)); /* vectors stay as long as they are; uniform: nn.Linear's bound */
    if (!shape->truncated) return;
    p->init = HL_INIT_TRUNCATED;
    p->std = (float)shape->initializer_range;
}

void hl_item_params(hl_params *t, const hl_transformer *shape, int item_tokens, const hl_tensor_group *tp)
{
    hl_transformer_params(t, shape, "item", true, layers_of(shape, item_tokens, tp), tp);
    add_adapter(t, shape, tp);
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
    hl_item_params(&m->table, shape, item_tokens, tp);
    hl_stack_open(&m->stack, shape, &m->table, "item", layers_of(shape, item_tokens, tp),
                  &(hl_stack_settings){settings->longest + item_tokens, settings->slices, settings->sharder}, tp);
    m->stack.embedding.item_at = place_of(m, "item_emb_tokens");
    m->adapter = place_of(m, adapter_name(shape));
    m->longest = settings->longest;
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
    *p = (hl_pack){.T = begin[n], .segments = n, .begin = begin, .prefix = prefix};
    p->last_only = hl_transformer_reads_one_row(&x->stack.shape, x->item_tokens);
    p->first_is_read = p->last_only && !x->item_tokens && x->stack.shape.pooling == HL_POOL_FIRST;
}

/* Where learned positions end alike, the last token of a text is where that of the longest is. */
static int first_position(const hl_item_model *x, int length)
{
    const hl_transformer *shape = &x->stack.shape;
    return shape->positions_end && hl_transformer_learns_positions(shape) ? x->longest - length : 0;
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
            position[at] = first_position(x, length) + k;
        }
    }
    p->position = position;
    p->token = token;
    if (x->share_tokens && x->stack.first) number_kinds(p, token, x->stack.shape.vocab_size, arena);
}

static const hl_stack *stack_of(const hl_model *m) { return &((const hl_item_model *)m->self)->stack; }

/* Is a vector made 1 long? */
static bool is_unit(const hl_item_model *x) { return !x->item_tokens && x->stack.shape.pooling == HL_POOL_LAST; }
static bool has_adapter(const hl_item_model *x) { return x->stack.shape.vector_size > 0; }

/* What the last stage keeps of vectors: what the adapter reads, and what is made 1 long and how long it was. */
typedef struct {
    hl_stack_saved stack;
    float *vector, *norm; /* (segments, D), (segments) */
} item_saved;

static void trace(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena)
{
    const hl_item_model *x = m->self;
    item_saved *t = saved;
    const int n = m->last ? p->segments : 0;
    hl_stack_saved_lay(&t->stack, &x->stack, p, arena);
    t->vector = HL_TAKE_ROWS(arena, float, is_unit(x) || has_adapter(x) ? n : 0, m->row_width);
    t->norm = HL_TAKE(arena, float, is_unit(x) ? n : 0);
}

/* ---- vectors of the rows that leave the stack: their mean, length 1, the adapter */

/* Is what leaves the stack the mean of its rows? */
static bool takes_mean(const hl_model *m, const hl_pack *p) { return m->last && !p->last_only; }

/* y (segments, width) = the adapter's of v (segments, D); in slices no thread and no layout shows in its bits. */
static void adapt(float *y, const float *v, const hl_model *m, const float *w, int n, hl_arena *scratch)
{
    const hl_item_model *x = m->self;
    if (x->stack.slices) hl_sliced_row_parallel_forward(y, v, w + x->adapter, n, m->row_width, m->width, 1, scratch);
    else hl_linear_forward(y, v, w + x->adapter, n, m->row_width, m->width);
}

static void adapt_backward(float *dv, float *dw, const float *dy, const float *v, const hl_model *m, const float *w,
                           int n)
{
    const hl_item_model *x = m->self;
    float *to = dw + x->adapter;
    const float *from = w + x->adapter;
    if (x->stack.slices) hl_sliced_row_parallel_backward(dv, to, dy, v, from, n, m->row_width, m->width);
    else hl_linear_backward(dv, to, dy, v, from, n, m->row_width, m->width);
}

/* The [ITEM] token is the last row of its text, and what comes out of the stack is the vector. */
static void forward(float *y, void *saved, const hl_model *m, const float *w, const float *x, const hl_pack *p,
                    hl_arena *scratch)
{
    const hl_item_model *self = m->self;
    item_saved *t = saved;
    const size_t mark = hl_arena_mark(scratch);
    const bool unit = m->last && is_unit(self), adapter = m->last && has_adapter(self), mean = takes_mean(m, p);
    float *vector = adapter ? t->vector : y,
          *raw = unit ? HL_TAKE_ROWS(scratch, float, p->segments, m->row_width) : vector,
          *rows = mean ? HL_TAKE_ROWS(scratch, float, p->T, m->row_width) : raw;
    hl_stack_forward(rows, &t->stack, &self->stack, w, x, p, scratch);
    if (mean) hl_rows_mean_forward(raw, rows, p->begin, p->segments, m->row_width);
    if (unit) hl_rows_unit_forward(t->vector, t->norm, raw, p->segments, m->row_width);
    if (adapter) adapt(y, t->vector, m, w, p->segments, scratch);
    else if (unit) memcpy(y, t->vector, hl_rows_numbers(p->segments, m->row_width) * sizeof *y);
    hl_arena_back(scratch, mark);
}

static void backward(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                     const hl_pack *p, hl_arena *scratch)
{
    const hl_item_model *self = m->self;
    const item_saved *t = saved;
    const size_t mark = hl_arena_mark(scratch);
    const int n = p->segments, D = m->row_width;
    if (m->last && has_adapter(self)) {
        float *dv = HL_TAKE_ROWS(scratch, float, n, D);
        adapt_backward(dv, dw, dy, t->vector, m, w, n);
        dy = dv;
    }
    if (m->last && is_unit(self)) {
        float *draw = HL_TAKE_ZERO_ROWS(scratch, float, n, D);
        hl_rows_unit_backward(draw, dy, t->vector, t->norm, n, D);
        dy = draw;
    }
    if (takes_mean(m, p)) {
        float *rows = HL_TAKE_ROWS(scratch, float, p->T, D);
        hl_rows_mean_backward(rows, dy, p->begin, n, D);
        dy = rows;
    }
    hl_stack_backward(dx, dw, dy, &t->stack, &self->stack, w, p, scratch);
    hl_arena_back(scratch, mark);
}

static void pass_forward(const hl_model *m) { hl_stack_pass_forward(stack_of(m)); }

static void pass_backward(const hl_model *m) { hl_stack_pass_backward(stack_of(m)); }

static hl_work work(const hl_model *m, const hl_pack *p)
{
    hl_work w = hl_stack_work(stack_of(m), p);
    if (m->last && has_adapter(m->self)) hl_work_add_product(&w, p->segments, m->row_width, m->width);
    return w;
}

static void talk(const hl_model *m, const hl_pack *p, bool backward, void (*hear)(void *self, hl_talk t), void *self)
{
    hl_talk_of_stack(stack_of(m), p, backward, hear, self);
}

const hl_model_kind hl_item_llm = {
    .name = "Item LLM",
    .side = HL_ITEM,
    .saved = sizeof(item_saved),
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
    .talk = talk,
};
