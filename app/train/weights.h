/* weights.h - the checkpoint whose weights a job takes. */
#ifndef APP_TRAIN_WEIGHTS_H
#define APP_TRAIN_WEIGHTS_H
#include "app/train/job.h"
#include "io/checkpoint/checkpoint.h"
#include <limits.h>

typedef enum {
    HL_WEIGHTS_AS_TRAINED, /* to evaluate: texts, tokens and shapes must be those of the training */
    HL_WEIGHTS_TO_START    /* to start another training: the shapes must be */
} hl_weights_use;

/* All functions are collective. */

/* The folder step-N that `path` means: a folder step-N itself; <run>/best or <run>/latest; or a run folder, which
 * means its best, or before the first validation its latest.  The state in the newest checkpoint says which is the
 * best; the file `best` is for people. */
hl_status hl_weights_find(char folder[PATH_MAX], const hl_group *world, const char *path);

/* May the weights of `path` be evaluated with the options of c?  HL_EUSAGE with a list of differences where not.
 * Asked before data are prepared. */
hl_status hl_weights_check(const hl_group *world, const hl_config *c, const char *path);

/* Read the weights, without moments, into the engine.  HL_EUSAGE where the models of the training were others. */
hl_status hl_weights_read(hl_job *j, const char *path, hl_weights_use use);

/* part: the engine's arrays, as hl_checkpoint_content takes them. */
void hl_weights_parts(hl_checkpoint_part part[2], hl_engine *e);

/* Fill the engine from an open checkpoint, which has been opened with `moments` where they are wanted. */
hl_status hl_weights_take(hl_job *j, const hl_checkpoint *c, bool moments);

#endif
