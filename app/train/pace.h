/* pace.h - are steps many times slower than they should be? */
#ifndef APP_TRAIN_PACE_H
#define APP_TRAIN_PACE_H
#include <stdint.h>

enum { HL_PACE_WINDOW = 5, HL_PACE_FIRST = 11 };

/* Start from {.forecast = seconds that a calibrated forecast says of a step, 0: there is none}. */
typedef struct {
    double forecast;
    double first[HL_PACE_FIRST]; /* seconds of the first steps, which are the job's own measure */
    double last[HL_PACE_WINDOW];
    int64_t n;
    int is_said;
} hl_pace;

/* Note the seconds of a step that was just made.  Where the last steps are all many times slower than forecast, or
 * than the job's own first ones, a sentence with likely causes, once in a job; else NULL.  It is the callee's until
 * the next call. */
const char *hl_pace_note(hl_pace *p, double seconds);

/* Seconds without a sign of life after which a job hangs: `timeout`, or below 0 those that go with steps of so many
 * seconds by the forecast; 0: not known. */
double hl_pace_patience(double timeout, double forecast);

#endif
