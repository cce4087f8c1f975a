/* stage-params.c - the parameters of each share of each stage of a side: one table for all ranks that are alike. */
#include "step/stage-params.h"
#include "model/models.h"
#include <stdlib.h>

void hl_stage_params_open(hl_stage_params *s, const hl_layout *l, hl_side side, const hl_transformer *shape,
                          int item_tokens)
{
    const int n = hl_layout_width(l, side);
    const hl_model_settings settings = {.shape = shape, .item_tokens = item_tokens};
    *s = (hl_stage_params){l, side, hl_alloc_zero((size_t)n, sizeof *s->table)};
    for (int i = 0; i < n; i++) {
        const hl_tensor_group tp = hl_layout_tensor_group(l, side, l->side[side].begin + i);
        hl_models_kind_for(side, shape)->params(&s->table[i], &settings, &tp);
    }
}

void hl_stage_params_close(hl_stage_params *s)
{
    for (int i = 0; i < hl_layout_width(s->layout, s->side); i++) hl_params_free(&s->table[i]);
    free(s->table);
    *s = (hl_stage_params){0};
}
