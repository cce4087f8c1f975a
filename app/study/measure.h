/* measure.h - one run of a point, started as the study says, and what is kept of it.
 *
 * Its folder, DIR/<point>/<repetition>, has the files command, stdout, stderr, and result.json or failed.json, which
 * are there whole or not at all.  A training has train-command, train-stdout and train-stderr too, its run folder run,
 * and ranks.h5, how each user's target was ranked. */
#ifndef APP_STUDY_MEASURE_H
#define APP_STUDY_MEASURE_H
#include "app/study/points.h"
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>

enum { HL_MEASURE_NAME = 300 };

/* The folder of a run; repetitions count from 1, a candidate has one.  Runs of a point that is tuned are in the folder
 * of the candidate that was taken. */
void hl_measure_folder(char out[PATH_MAX], const char *dir, const hl_point *p, int repetition);

/* Its name, "<point>/<repetition>", the end of that path. */
void hl_measure_name(char out[HL_MEASURE_NAME], const hl_point *p, int repetition);

/* Has it neither a result nor a failure?  Local. */
bool hl_measure_is_open(const char *dir, const hl_point *p, int repetition);

/* Has it failed in this job of Slurm ("12_3")? */
bool hl_measure_has_failed_in(const char *dir, const hl_point *p, int repetition, const char *job);

/* Note that it has failed, and why.  HL_ESTORE. */
hl_status hl_measure_note(const char *dir, const hl_point *p, int repetition, const char *reason);

/* The result of a run; NULL where there is none.  Release with json_decref.  Local. */
json_t *hl_measure_result(const char *dir, const hl_point *p, int repetition);

/* Why a run has failed; NULL where it has not.  Release with free. */
char *hl_measure_failure(const char *dir, const hl_point *p, int repetition);

/* Make a run.  That it fails is no failure of this function: *seconds, of a step or of a whole training, is then < 0,
 * and the reason is in its folder.  HL_ESTOP, HL_ESTORE. */
hl_status hl_measure_run(double *seconds, const hl_study *s, const hl_point *p, const char *dir, int repetition);

#endif
