/* progress.h - how far a long reading is, told a few times a second. */
#ifndef IO_FILES_PROGRESS_H
#define IO_FILES_PROGRESS_H
#include "base/error.h"

/* what: a few words; share: how much of it is done, 0 to 1. */
typedef void (*hl_progress_show)(void *self, const char *what, double share);

typedef struct {
    hl_progress_show show; /* NULL: a line on the terminal that the next one overwrites */
    void *self;
    double next; /* when to tell again */
} hl_progress;

/* Called often; shows a few times a second.  HL_ESTOP where a signal asks the job to stop. */
hl_status hl_progress_at(hl_progress *p, const char *what, double share);

#endif
