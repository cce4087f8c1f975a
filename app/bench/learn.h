/* learn.h - let a calibration learn from what trainings with it were promised and took. */
#ifndef APP_BENCH_LEARN_H
#define APP_BENCH_LEARN_H
#include "base/error.h"

/* Rewrite the calibration `path` so that its forecasts are scaled by the median of what steps took by what its figures
 * had promised, and have the interval that held the runs.  list: files metrics.jsonl, with commas between them; their
 * lines "summary" with a promise of a measured machine count.  What was learned before is replaced.  Local. */
hl_status hl_learn(const char *path, const char *list);

#endif
