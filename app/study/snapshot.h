/* snapshot.h - the study in its own folder: DIR/study.yaml and copies of its configurations, DIR/base-1.yaml ...
 *
 * Jobs that wait in a queue run what was asked for, whatever becomes of the files meanwhile, and somebody else can run
 * the same study again. */
#ifndef APP_STUDY_SNAPSHOT_H
#define APP_STUDY_SNAPSHOT_H
#include "app/study/study.h"

/* Where a study that was read from `path` is that file itself, nothing is written.  HL_ESTORE. */
hl_status hl_snapshot_write(const hl_study *s, const char *dir);

#endif
