/* jobs.h - the jobs of a study that Slurm has: DIR/slurm/jobs.json, and what has become of them.
 *
 * A run that a job was to make, and that has neither a result nor a failure when the job is over, has failed: the job's
 * state, else its log, says why. */
#ifndef APP_STUDY_JOBS_H
#define APP_STUDY_JOBS_H
#include "app/study/points.h"
#include <jansson.h>
#include <stdbool.h>

/* The list of submissions: objects with "job" (its number), "nodes", "array" (is each run an element of its own?) and
 * "runs" ("<folder of the point>/<repetition>").  Empty where nothing was submitted.  HL_EFORMAT where the file is
 * damaged: who took it for empty would submit runs that are queued.  Release with json_decref, also after a failure. */
hl_status hl_jobs_read(json_t **jobs, const char *dir);

/* Note one more.  Takes the reference of runs.  HL_ESTORE. */
hl_status hl_jobs_add(json_t *jobs, const char *dir, const char *job, int nodes, bool is_array, json_t *runs);

/* What squeue says of the jobs of this user: state by number ("12_3": "RUNNING").  HL_EFAIL where it cannot be asked.
 * Release with json_decref, also after a failure. */
hl_status hl_jobs_states(json_t **states, const char *dir);

/* The job that is to make this run and is not over yet, as "12_3"; NULL: there is none. */
const char *hl_jobs_waiting(char out[80], const json_t *jobs, const json_t *states, const char *run);

/* Write why they failed beside runs whose jobs are over without a word.  HL_ESTORE. */
hl_status hl_jobs_settle(const json_t *jobs, const json_t *states, const hl_study *s, const hl_points *p,
                         const char *dir);

/* ... and of candidates, after which it is known whose runs those of their points are (app/study/tuning.h). */
hl_status hl_jobs_settle_all(const json_t *jobs, const json_t *states, const hl_study *s, hl_points *p,
                             const char *dir);

/* The reason, of a state and of the last lines of a log (either may be NULL); out (300). */
void hl_jobs_reason(char out[300], const char *job, const char *state, const char *log);

#endif
