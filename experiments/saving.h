/* saving.h - when a save that has failed is tried again, and when the job ends for it.
 *
 * Work of so many minutes may be at stake: what was computed since the newest good save.  Until then training goes
 * on without one.  A disk that is full or away for a while so costs nothing, and one that stays away costs no more
 * than that. */
#ifndef EXPERIMENTS_SAVING_H
#define EXPERIMENTS_SAVING_H
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double patience; /* seconds of work that may be at stake */
    double since;    /* by the caller's clock: the newest good save, or the beginning of the work */
    int failures;    /* in a row */
    int64_t next;    /* the step after which a save is tried again, while there are failures */
} hl_saving;

/* `now`: seconds of any clock that runs on, in all functions below. */
hl_saving hl_saving_begin(double patience_minutes, double now);

/* A save was good. */
void hl_saving_done(hl_saving *s, double now);

/* One after this step has failed, with work of so many seconds at stake: is the job to end?  Else it is tried again
 * 1, 2, 4 ... 32 steps later.  The same on all ranks where `at_stake` is. */
bool hl_saving_failed(hl_saving *s, int64_t step, double at_stake);

/* Is it time to try again after this step?  The same on all ranks. */
bool hl_saving_is_due(const hl_saving *s, int64_t step);

/* Has a save failed, and is all patience at stake?  Then it is tried once more, whatever the step; ranks have other
 * clocks. */
bool hl_saving_is_urgent(const hl_saving *s, double now);

/* At the end there is no later step: seconds to wait before try 0, 1, 2 ...; below 0: there are no more. */
double hl_saving_wait(int try);

#endif
