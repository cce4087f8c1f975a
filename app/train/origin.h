/* origin.h - what the weights of a checkpoint were trained with, as its state says, and whether a job may use them. */
#ifndef APP_TRAIN_ORIGIN_H
#define APP_TRAIN_ORIGIN_H
#include "app/train/job.h"
#include <jansson.h>

/* {"options": used.yaml without comments, "tokenizer": digest, "item": shape, "user": shape} of a job. */
json_t *hl_origin_json(const hl_job *j);

/* All functions below are local, for rank 0.  state: that of the checkpoint at `path`, which stands in sentences.  A
 * state that does not know its origin is a warning, and fits. */

/* The options of the training as a configuration: from the state, or, where the state is older than this, from
 * used.yaml in the run folder.  False where there are none.  Release *was with hl_config_free also then. */
bool hl_origin_options(hl_config *was, const char *state, const char *path);

/* Would the weights give the vectors in a job of c that they gave in training?  HL_EUSAGE with the list of
 * differences where not; with `force` a warning. */
hl_status hl_origin_check_options(const hl_config *c, const char *state, const char *path);

/* Were the item vectors of the training (item_cache) those of the job, or did both have an Item LLM?  HL_EUSAGE where
 * not. */
hl_status hl_origin_check_items(const hl_job *j, const char *state, const char *path);

/* Check what a job knows only when it is open: the tokenizer (where with_texts) and the shapes of the models, as
 * hl_origin_check_options does.  Other data are said in the log. */
hl_status hl_origin_check_models(const hl_job *j, bool with_texts, const char *state, const char *path);

#endif
