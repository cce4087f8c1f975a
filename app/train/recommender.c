/* recommender.c - the table of what `hllm train` and `hllm eval` do with each model. */
#include "app/train/recommender.h"

#define PLACE(name, reads_texts, has_user_llm, no_steps) [HL_MODEL_##name] = &hl_recommender_##name,
const hl_recommender *const hl_recommenders[HL_MODELS_TO_CHOOSE] = {HL_MODEL_CHOICES(PLACE)};
