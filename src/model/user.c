/* user.c - the User LLM: item vectors of some samples in, the vector of each next item out. */
#include "model/user.h"
#include "model/stages.h"

static hl_transformer_layers layers_of(const hl_transformer *shape, const hl_tensor_group *tp)
{
    return hl_stages_layers(shape, false, tp->stage, tp->stages);
}

void hl_user_params(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp)
{
    hl_transformer_params(t, shape, "user", false, layers_of(shape, tp), tp);
}

void hl_user_open(hl_user_model *m, const hl_transformer *shape, const hl_stack_settings *settings,
                  const hl_tensor_group *tp)
{
    *m = (hl_user_model){0};
    hl_user_params(&m->table, shape, tp);
    hl_stack_open(&m->stack, shape, &m->table, "user", layers_of(shape, tp), settings, tp);
}

void hl_user_close(hl_user_model *m)
{
    hl_stack_close(&m->stack);
    hl_params_free(&m->table);
}

void hl_user_pack(hl_pack *pack, const int *length, int n, bool last_only, hl_arena *arena)
{
    int *begin = HL_TAKE(arena, int, n + 1);
    begin[0] = 0;
    for (int i = 0; i < n; i++) begin[i + 1] = begin[i] + length[i];
    int *position = HL_TAKE(arena, int, begin[n]);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < length[i]; k++) position[begin[i] + k] = k;
    *pack = (hl_pack){.T = begin[n], .segments = n, .begin = begin, .position = position, .last_only = last_only};
}
