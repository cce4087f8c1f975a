/* weights.h - the checkpoint whose weights a job takes. */
#ifndef EXPERIMENTS_WEIGHTS_H
#define EXPERIMENTS_WEIGHTS_H
#include "experiments/job.h"
#include "io/checkpoint.h"
#include <limits.h>

typedef enum {
    HL_WEIGHTS_AS_TRAINED, /* to evaluate: texts, tokens and shapes are to be those of the training */
    HL_WEIGHTS_TO_START    /* of another training: the shapes are */
} hl_weights_use;

/* All functions are collective. */

/* The folder step-N that `path` means: itself, or <run>/best, <run>/latest, or a run folder, whose best it is, or,
 * before the first validation, its latest.  What is best is said by the state in the newest checkpoint; the file
 * `best` is for people. */
hl_status hl_weights_find(char folder[PATH_MAX], const hl_group *world, const char *path);

/* May weights of such a `path` be evaluated with the options of c?  To be asked before data are prepared with these.
 * HL_EUSAGE with a list of what differs, where not. */
hl_status hl_weights_check(const hl_group *world, const hl_config *c, const char *path);

/* Read them (no moments) into the engine.  HL_EUSAGE where the models were others in training. */
hl_status hl_weights_read(hl_job *j, const char *path, hl_weights_use use);

/* The engine's arrays as a checkpoint sees them. */
void hl_weights_parts(hl_checkpoint_part part[2], hl_engine *e);

/* Fill the engine from a checkpoint that is open (with moments where they are wanted). */
hl_status hl_weights_take(hl_job *j, const hl_checkpoint *c, bool moments);

#endif
