/* saving.h - when a failed save is tried again, and when the job ends for it.
 *
 * At stake is the work since the newest good save.  While it is less than the patience, training goes on without a
 * save.  So a disk that is full or away for a while costs nothing, and one that stays away costs no more work than
 * the patience. */
#ifndef APP_TRAIN_SAVING_H
#define APP_TRAIN_SAVING_H
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double patience; /* seconds of work that may be at stake */
    double since;    /* by the caller's clock: the newest good save, or the beginning of the work */
    int failures;    /* in a row */
    int64_t next;    /* the step after which a save is tried again, while there are failures */
} hl_saving;

/* Begin.  now: seconds of any clock that runs on, in all functions below. */
hl_saving hl_saving_begin(double patience_minutes, double now);

/* Note a good save. */
void hl_saving_done(hl_saving *s, double now);

/* Note a failed save after this step, with work of so many seconds at stake.  True where the job is to end; else the
 * save is tried again 1, 2, 4 ... 32 steps later.  The same on all ranks where `at_stake` is. */
bool hl_saving_failed(hl_saving *s, int64_t step, double at_stake);

/* Is it time to try again after this step?  The same on all ranks. */
bool hl_saving_is_due(const hl_saving *s, int64_t step);

/* Has a save failed, with work of all the patience at stake?  Then it is tried once more at any step.  Ranks may
 * answer differently, since their clocks differ. */
bool hl_saving_is_urgent(const hl_saving *s, double now);

/* At the end of a training there is no later step: seconds to wait before try 0, 1, 2 ...; below 0: no more tries. */
double hl_saving_wait(int try);

#endif
