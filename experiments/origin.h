/* origin.h - what weights were trained with, as the state in their checkpoint says it, and whether a job may use
 * them. */
#ifndef EXPERIMENTS_ORIGIN_H
#define EXPERIMENTS_ORIGIN_H
#include "experiments/job.h"
#include <jansson.h>

/* {"options": used.yaml without comments, "tokenizer": digest, "item": shape, "user": shape} of a job. */
json_t *hl_origin_json(const hl_job *j);

/* The rest is local, for rank 0.  state: of the checkpoint at `path`, which names it in sentences; one that says
 * nothing of its origin is a warning, and is believed. */

/* The options as a configuration, from the state, or, where it is older than this, from used.yaml in the run folder;
 * false where there are none. Release *was with hl_config_free in either case. */
bool hl_origin_options(hl_config *was, const char *state, const char *path);

/* Would the weights give other vectors in a job of c than they gave in training?  HL_EUSAGE with the list of what
 * differs; with `force` a warning. */
hl_status hl_origin_check_options(const hl_config *c, const char *state, const char *path);

/* The same for what a job knows only when it is open: the tokenizer (where with_texts) and the shapes of the models.
 * Other data are said in the log. */
hl_status hl_origin_check_models(const hl_job *j, bool with_texts, const char *state, const char *path);

#endif
