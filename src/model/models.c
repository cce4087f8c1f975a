/* models.c - the table of item models and the user models that read their vectors. */
#include "model/models.h"
#include "model/item.h"
#include "model/user.h"

const hl_models hl_models_hllm = {"HLLM", {&hl_item_llm, &hl_user_llm}};
