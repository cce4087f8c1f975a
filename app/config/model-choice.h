/* model-choice.h - what the option `model` names, and what must be known of each before anything is opened.
 *
 * To add one: a row here, and a file of app/train with its hl_recommender (app/train/recommender.h). */
#ifndef APP_CONFIG_MODEL_CHOICE_H
#define APP_CONFIG_MODEL_CHOICE_H
#include <stdbool.h>

/* MODEL(name, does it read texts, is its user model an LLM, the sentence that says why it has no steps; NULL: it is
 * trained step by step).  A model with steps that reads no texts knows items by their ids. */
#define HL_MODEL_CHOICES(MODEL)                                                       \
    MODEL(HLLM, true, true, NULL)                                                     \
    MODEL(SASRec, false, false, NULL)                                                 \
    MODEL(HSTU, false, false, NULL)                                                   \
    MODEL(LLMIDRec, false, true, NULL)                                                \
    MODEL(popularity, false, false, "popularity is counted at once and has no steps") \
    MODEL(random, false, false, "chance has no steps")                                \
    MODEL(EASE, false, false, "EASE is fitted at once and has no steps")

#define HL_MODEL_NUMBER(name, reads_texts, has_user_llm, no_steps) HL_MODEL_##name,
typedef enum { HL_MODEL_CHOICES(HL_MODEL_NUMBER) HL_MODELS_TO_CHOOSE } hl_model_choice;
#undef HL_MODEL_NUMBER

typedef struct {
    const char *name;
    bool reads_texts, has_user_llm;
    const char *no_steps; /* a sentence without its end; NULL: it has steps, weights and checkpoints */
} hl_model_facts;

extern const hl_model_facts hl_model_facts_of[HL_MODELS_TO_CHOOSE];

/* Does it know items by their ids alone, and is trained in steps? */
static inline bool hl_model_reads_ids(hl_model_choice model)
{
    return !hl_model_facts_of[model].reads_texts && !hl_model_facts_of[model].no_steps;
}

#endif
