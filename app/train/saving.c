/* saving.c - when a save that has failed is tried again, and when the job ends for it. */
#include "app/train/saving.h"

enum { LONGEST_GAP = 32 }; /* steps */

static const double waits[] = {0, 0.5, 1, 2, 4}; /* seconds: short enough for the grace of a batch system */
enum { WAITS = sizeof waits / sizeof waits[0] };

hl_saving hl_saving_begin(double patience_minutes, double now)
{
    return (hl_saving){.patience = 60 * patience_minutes, .since = now};
}

void hl_saving_done(hl_saving *s, double now)
{
    s->since = now;
    s->failures = 0;
}

static int64_t gap(int failures)
{
    int64_t steps = 1;
    for (int i = 1; i < failures && steps < LONGEST_GAP; i++) steps *= 2;
    return steps;
}

bool hl_saving_failed(hl_saving *s, int64_t step, double at_stake)
{
    s->failures++;
    s->next = step + gap(s->failures);
    return at_stake >= s->patience;
}

bool hl_saving_is_due(const hl_saving *s, int64_t step) { return s->failures > 0 && step >= s->next; }

bool hl_saving_is_urgent(const hl_saving *s, double now) { return s->failures > 0 && now - s->since >= s->patience; }

double hl_saving_wait(int try) { return try < WAITS ? waits[try] : -1; }
