/* export.h - the study in the words of other benchmark tools. */
#ifndef APP_STUDY_EXPORT_H
#define APP_STUDY_EXPORT_H
#include "app/study/points.h"

typedef enum {
    HL_EXPORT_JUBE,    /* DIR/jube.yaml: a step that makes each run in the study's folder, for hllm study report too */
    HL_EXPORT_REFRAME, /* DIR/reframe.py: a test of each point and repetition, started by ReFrame's own launcher */
    HL_EXPORTS
} hl_export;
extern const char *const hl_export_name[HL_EXPORTS]; /* "jube" ... */

/* Write it, and the study beside it (app/study/snapshot.h).  HL_ESTORE. */
hl_status hl_export_write(hl_export to, const hl_study *s, const hl_points *p, const char *dir);

#endif
