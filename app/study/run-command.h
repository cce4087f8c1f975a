/* run-command.h - what a run of a point gives to hllm, one program after the other.
 *
 * A task is a list of stages: to add one, a function and a row in run-command.c. */
#ifndef APP_STUDY_RUN_COMMAND_H
#define APP_STUDY_RUN_COMMAND_H
#include "app/study/points.h"

/* A run; folder: of its results. */
typedef struct {
    const hl_study *study;
    const hl_point *point;
    const char *folder;
    int repetition; /* from 1 */
} hl_run_of;

/* A program of a run; the last one prints a JSON object of figures.  prefix: what its files stdout, stderr and command
 * begin with. */
typedef struct {
    const char *prefix; /* NULL: no more stages */
    void (*arguments)(hl_names *to, const hl_run_of *r);
} hl_run_stage;

extern const hl_run_stage *const hl_run_stages[HL_TASKS];

/* Launcher, program and arguments of a stage, as they are once the stages before it have ended.  Release with
 * hl_names_free. */
void hl_run_command(hl_names *to, const hl_run_stage *stage, const hl_run_of *r);

#endif
