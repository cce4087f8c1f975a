/* model-choice.c - the facts of what the option `model` names. */
#include "app/config/model-choice.h"
#include <stddef.h>

#define FACTS(name, reads_texts, has_user_llm, no_steps) \
    [HL_MODEL_##name] = {#name, reads_texts, has_user_llm, no_steps},
const hl_model_facts hl_model_facts_of[HL_MODELS_TO_CHOOSE] = {HL_MODEL_CHOICES(FACTS)};
