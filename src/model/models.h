/* models.h - which item model and user model are trained together. */
#ifndef MODEL_MODELS_H
#define MODEL_MODELS_H
#include "model/model.h"

typedef struct {
    const char *name;
    const hl_model_kind *side[HL_SIDES];
} hl_models;

/* The rows. */
extern const hl_models hl_models_hllm;

/* What both sides are made of, by the families of their shapes. */
hl_models hl_models_for(const hl_transformer *item, const hl_transformer *user);

/* What a side is made of, where nobody says otherwise: by the family of its shape. */
const hl_model_kind *hl_models_kind_for(hl_side side, const hl_transformer *shape);

#endif
