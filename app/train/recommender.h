/* recommender.h - what `hllm train` and `hllm eval` do with each model that the option `model` names.
 *
 * To add one: a file with its hl_recommender, and its row in HL_MODEL_CHOICES (app/config/model-choice.h). */
#ifndef APP_TRAIN_RECOMMENDER_H
#define APP_TRAIN_RECOMMENDER_H
#include "app/train/evaluation.h"
#include "app/train/job.h"
#include <jansson.h>

/* All functions are collective. */
typedef struct {
    /* Before data are prepared: may hllm eval be asked for this checkpoint?  NULL: it was given none. */
    hl_status (*check)(const hl_group *world, const hl_config *c, const char *checkpoint);
    /* Does it fit into the ranks, with the data that are there?  NULL: that was seen when the job was opened. */
    hl_status (*fits)(const hl_job *j);
    /* Train, validate and test in the run folder.  *result as in hl_train. */
    hl_status (*train)(hl_job *j, json_t **result);
    /* Rank the users of the phase, with the weights of the checkpoint where there is one. */
    hl_status (*evaluate)(hl_evaluation *v, hl_job *j, const char *checkpoint, hl_phase phase);
} hl_recommender;

extern const hl_recommender *const hl_recommenders[HL_MODELS_TO_CHOOSE];

#define HL_RECOMMENDER_ROW(name, reads_texts, has_user_llm, no_steps) extern const hl_recommender hl_recommender_##name;
HL_MODEL_CHOICES(HL_RECOMMENDER_ROW)
#undef HL_RECOMMENDER_ROW

#endif
