/* script.h - the scripts of jobs that make the runs of a study. */
#ifndef APP_STUDY_SCRIPT_H
#define APP_STUDY_SCRIPT_H
#include "app/study/points.h"
#include "app/study/site.h"
#include <limits.h>

typedef struct {
    const hl_study *study;
    const hl_site *site;
    const char *dir; /* of the study, from the root on */
    const char *program;
} hl_script_job;

typedef struct {
    const char *name; /* of the job and its files: "3-nodes-4" */
    int nodes, runs;  /* runs: 0: not an array */
} hl_script_shape;

/* Each writes DIR/slurm/<name>.sbatch, whose path it puts into `path`.  HL_ESTORE.
 *
 * An array whose elements make a run each, those that DIR/slurm/<name>.runs lists; all runs that are missing, in one
 * allocation; datasets that runs need, of points (n); the report. */
hl_status hl_script_array(char path[PATH_MAX], const hl_script_job *j, const hl_script_shape *s);
hl_status hl_script_whole(char path[PATH_MAX], const hl_script_job *j, const hl_script_shape *s);
hl_status hl_script_prepare(char path[PATH_MAX], const hl_script_job *j, const char *name,
                            const hl_point *const *points, int n);
hl_status hl_script_report(char path[PATH_MAX], const hl_script_job *j, const char *name);

#endif
