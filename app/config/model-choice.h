/* model-choice.h - what the option `model` names, and what must be known of each before anything is opened.
 *
 * To add one: a row here, and a file of app/train with its hl_recommender (app/train/recommender.h). */
#ifndef APP_CONFIG_MODEL_CHOICE_H
#define APP_CONFIG_MODEL_CHOICE_H
#include <stdbool.h>

/* MODEL(name, does it read texts, the sentence that says why it has no steps; NULL: it is trained step by step) */
#define HL_MODEL_CHOICES(MODEL) \
    MODEL(HLLM, true, NULL)     \
    MODEL(EASE, false, "EASE is fitted at once and has no steps")

#define HL_MODEL_NUMBER(name, reads_texts, no_steps) HL_MODEL_##name,
typedef enum { HL_MODEL_CHOICES(HL_MODEL_NUMBER) HL_MODELS_TO_CHOOSE } hl_model_choice;
#undef HL_MODEL_NUMBER

typedef struct {
    const char *name;
    bool reads_texts;
    const char *no_steps; /* a sentence without its end; NULL: it has steps, weights and checkpoints */
} hl_model_facts;

extern const hl_model_facts hl_model_facts_of[HL_MODELS_TO_CHOOSE];

#endif
