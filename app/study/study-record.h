/* study-record.h - DIR/study.json: what a study's folder is about, so that its results can be read without the file and
 * the configuration that they came from. */
#ifndef APP_STUDY_STUDY_RECORD_H
#define APP_STUDY_STUDY_RECORD_H
#include "app/study/points.h"

/* HL_ESTORE where it cannot be written. */
hl_status hl_study_record_write(const hl_study *s, const hl_points *p, const char *dir);

/* Name, repetitions, warm-up, steps, seed and what is fixed of the study; of the points all but their arguments.
 * HL_EFORMAT where the folder has no study.  Release both also after a failure. */
hl_status hl_study_record_read(hl_study *s, hl_points *p, const char *dir);

#endif
