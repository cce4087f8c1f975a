/* study-run.h - make the runs of a study here, one after the other. */
#ifndef APP_STUDY_STUDY_RUN_H
#define APP_STUDY_STUDY_RUN_H
#include "app/study/points.h"
#include <stdbool.h>

/* Make the runs that have no result in the folder yet, candidates first, so that `taken` of each point that is tuned is
 * set; a run that fails does not stop the others.  HL_EUSAGE where the folder holds a study and `resume` is not given,
 * or where another study works in it; HL_EFAIL where runs have failed; HL_ESTOP at a signal; HL_ESTORE. */
hl_status hl_study_run(const hl_study *s, hl_points *p, const char *dir, bool resume);

/* Make one run, "<folder of its point>/<repetition>" (hl_measure_name); others may make other runs of the folder at the
 * same time.  HL_OK also where it has a result already, HL_EUSAGE where the study has no such run, else as above. */
hl_status hl_study_run_only(const hl_study *s, hl_points *p, const char *dir, const char *run);

#endif
