/* steps.h - the folders step-N of a run, and which of them is the latest and the best.
 *
 * All functions are local: one rank looks, and tells the others. */
#ifndef IO_CHECKPOINT_STEPS_H
#define IO_CHECKPOINT_STEPS_H
#include "base/error.h"
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* <folder>/step-<step><end> */
void hl_step_path(char out[PATH_MAX], const char *folder, int64_t step, const char *end);

/* The step that the file <folder>/<name> names; -1 where there is no such file or it names no step. */
int64_t hl_step_named(const char *folder, const char *name);
/* Let <folder>/<name> name this step from now on. */
hl_status hl_step_name(const char *folder, const char *name, int64_t step);

/* Is <folder>/step-<step> a checkpoint, whole or damaged?  Somebody may have a folder or file of that name. */
bool hl_step_is_ours(const char *folder, int64_t step);

/* The steps of a run in the order in which to try them: the one named `latest`, the ones before it from new to old,
 * then the ones after it.  Returns how many there are; release *steps with free. */
int hl_steps_list(const char *folder, int64_t **steps);

/* Remove step-N.tmp and step-N.old, which kills have left; a step-N.old without its step-N gets the name back.  What
 * cannot be removed is a warning. */
void hl_steps_clean(const char *folder);

/* Warn of each step-N that is no checkpoint. */
void hl_steps_tell_others(const char *folder);

/* Remove all checkpoints but the `keep` newest (0: remove none), never the latest or the step `best` (-1: none).
 * What cannot be removed is a warning. */
void hl_steps_prune(const char *folder, int keep, int64_t best);

#endif
