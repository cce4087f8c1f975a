/* progress-bar.h - how far a training has come: a bar on a terminal, now and then a line in a log. */
#ifndef APP_TRAIN_PROGRESS_BAR_H
#define APP_TRAIN_PROGRESS_BAR_H
#include <stdint.h>

typedef struct {
    double began;              /* hl_seconds() before the step after began_at */
    int64_t began_at, at, end; /* steps: before the first of this job; now; the last one */
    int each, log_every;       /* samples a step; steps a line */
} hl_progress_bar;

/* facts: of the step just made. */
void hl_progress_bar_tell(const hl_progress_bar *p, const char *facts);

#endif
