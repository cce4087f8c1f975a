/* models.c - the table of item models and the user models that read their vectors. */
#include "model/models.h"
#include "model/hstu.h"
#include "model/item.h"
#include "model/user.h"
#include <string.h>

const hl_models hl_models_hllm = {"HLLM", {&hl_item_llm, &hl_user_llm}};

/* User models that are no stack of blocks, by family. */
static const struct {
    const char *family;
    const hl_model_kind *kind;
} users[] = {{"hstu", &hl_user_hstu}};

const hl_model_kind *hl_models_kind_for(hl_side side, const hl_transformer *shape)
{
    for (size_t i = 0; side == HL_USER && i < sizeof users / sizeof users[0]; i++)
        if (strcmp(users[i].family, hl_transformer_family(shape)->name) == 0) return users[i].kind;
    return hl_models_hllm.side[side];
}

hl_models hl_models_for(const hl_transformer *item, const hl_transformer *user)
{
    return (hl_models){"of their families", {hl_models_kind_for(HL_ITEM, item), hl_models_kind_for(HL_USER, user)}};
}
