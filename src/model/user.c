/* user.c - the User LLM: item vectors of some samples in, the vector of each next item out. */
#include "model/user.h"
#include "model/label-head.h"
#include "model/stages.h"
#include <stdlib.h>

static hl_transformer_layers layers_of(const hl_transformer *shape, const hl_tensor_group *tp)
{
    return hl_stages_layers(shape, false, tp->stage, tp->stages);
}

void hl_user_params(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp)
{
    const hl_transformer_layers layers = layers_of(shape, tp);
    if (layers.begin == 0) hl_user_input_params(t, shape, tp);
    hl_transformer_params(t, shape, "user", false, layers, tp);
    if (layers.end == shape->num_hidden_layers) hl_label_head_params(t, shape, tp);
}

void hl_user_open(hl_user_model *m, const hl_transformer *shape, const hl_stack_settings *settings,
                  const hl_tensor_group *tp)
{
    *m = (hl_user_model){0};
    hl_user_params(&m->table, shape, tp);
    hl_user_input_open(&m->input, shape, &m->table, settings->slices > 0, tp);
    hl_stack_open(&m->stack, shape, &m->table, "user", layers_of(shape, tp), settings, tp);
}

void hl_user_close(hl_user_model *m)
{
    hl_stack_close(&m->stack);
    hl_params_free(&m->table);
}

/* The last item of a window is in its last slot. */
static int first_slot(int slots, int length)
{
    HL_CHECK(slots == 0 || length <= slots);
    return slots ? slots - length : 0;
}

void hl_user_pack(hl_pack *pack, const int *length, int n, int slots, bool last_only, hl_arena *arena)
{
    int *begin = HL_TAKE(arena, int, n + 1);
    begin[0] = 0;
    for (int i = 0; i < n; i++) begin[i + 1] = begin[i] + length[i];
    int *position = HL_TAKE(arena, int, begin[n]);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < length[i]; k++) position[begin[i] + k] = first_slot(slots, length[i]) + k;
    *pack = (hl_pack){.T = begin[n], .segments = n, .begin = begin, .position = position, .last_only = last_only};
}

/* ---- as a row of models.c */

static void params(hl_params *t, const hl_model_settings *s, const hl_tensor_group *tp)
{
    hl_user_params(t, s->shape, tp);
}

static void open(hl_model *m, const hl_model_settings *s, const hl_tensor_group *tp)
{
    hl_user_model *x = m->self = hl_alloc(sizeof *x);
    hl_user_open(x, s->shape, &(hl_stack_settings){s->longest, s->slices, s->sharder}, tp);
    m->table = &x->table;
    m->first = x->stack.first;
    m->last = x->stack.last;
}

static void close(hl_model *m)
{
    hl_user_close(m->self);
    free(m->self);
}

static const hl_stack *stack_of(const hl_model *m) { return &((const hl_user_model *)m->self)->stack; }
static const hl_user_input *input_of(const hl_model *m) { return &((const hl_user_model *)m->self)->input; }

typedef struct {
    hl_user_input_saved input;
    hl_stack_saved stack;
} user_saved;

static void trace(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena)
{
    user_saved *t = saved;
    hl_user_input_lay(&t->input, input_of(m), p, arena);
    hl_stack_saved_lay(&t->stack, stack_of(m), p, arena);
}

static void forward(float *y, void *saved, const hl_model *m, const float *w, const float *x, const hl_pack *p,
                    hl_arena *scratch)
{
    user_saved *t = saved;
    const size_t mark = hl_arena_mark(scratch);
    const float *in = hl_user_input_forward(&t->input, input_of(m), w, x, p, scratch);
    hl_stack_forward(y, &t->stack, stack_of(m), w, in, p, scratch);
    hl_arena_back(scratch, mark);
}

static void backward(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                     const hl_pack *p, hl_arena *scratch)
{
    const user_saved *t = saved;
    hl_stack_backward(dx, dw, dy, &t->stack, stack_of(m), w, p, scratch);
    hl_user_input_backward(dw, dx, &t->input, input_of(m), w, p, scratch);
}

static void pass_forward(const hl_model *m) { hl_stack_pass_forward(stack_of(m)); }

static void pass_backward(const hl_model *m) { hl_stack_pass_backward(stack_of(m)); }

static hl_work work(const hl_model *m, const hl_pack *p)
{
    hl_work w = hl_stack_work(stack_of(m), p);
    hl_user_input_work(&w, input_of(m), p);
    return w;
}

static void talk(const hl_model *m, const hl_pack *p, bool backward, void (*hear)(void *self, hl_talk t), void *self)
{
    hl_user_input_talk(input_of(m), p, backward, hear, self);
    hl_talk_of_stack(stack_of(m), p, backward, hear, self);
}

const hl_model_kind hl_user_llm = {
    .name = "User LLM",
    .side = HL_USER,
    .saved = sizeof(user_saved),
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
