/* model.c - what all item models and user models have in common. */
#include "model/model.h"
#include <math.h>

void hl_model_open(hl_model *m, const hl_model_kind *kind, const hl_model_settings *s, const hl_tensor_group *tp)
{
    const int rows = s->shape->hidden_size;
    *m = (hl_model){.kind = kind,
                    .row_width = rows,
                    .slots = hl_transformer_slots(s->shape),
                    .reads_times = s->shape->rel_bias || s->shape->time_size,
                    .reads_items = s->shape->id_rows > 0};
    m->width = kind->side == HL_ITEM ? hl_transformer_vector_size(s->shape) : rows;
    kind->open(m, s, tp);
    const hl_param *scale = hl_params_find(m->table, "logit_scale");
    hl_label_head_open(&m->head, s->shape, m->table, s->slices > 0);
    m->scale_at = scale ? (int64_t)scale->offset : HL_NOWHERE;
}

void hl_model_close(hl_model *m)
{
    if (m->kind) m->kind->close(m);
    *m = (hl_model){0};
}

void hl_model_add_scale(hl_params *t, const hl_tensor_group *tp)
{
    hl_param *scale = hl_params_add(t, "logit_scale", 0, NULL, tp->rank == 0);
    scale->value = (float)log(1 / 0.07);
}

float hl_model_scale(float *logit_scale)
{
    const float most = (float)log(100.0);
    if (*logit_scale < 0) *logit_scale = 0;
    if (*logit_scale > most) *logit_scale = most;
    return expf(*logit_scale);
}
