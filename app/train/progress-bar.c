/* progress-bar.c - how far a training has come: a bar on a terminal, now and then a line in a log. */
#include "app/train/progress-bar.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdbool.h>
#include <stdio.h>

static void clock_text(char out[32], double seconds)
{
    int s = (int)seconds;
    if (s >= 3600) snprintf(out, 32, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else snprintf(out, 32, "%d:%02d", s / 60, s % 60);
}

/* "[#####...............]" */
static void bar_text(char out[24], double share)
{
    int full = (int)(20 * share);
    out[0] = '[';
    for (int i = 0; i < 20; i++) out[1 + i] = i < full ? '#' : '.';
    out[21] = ']';
    out[22] = 0;
}

void hl_progress_bar_tell(const hl_progress_bar *p, const char *facts)
{
    const int64_t done = p->at - p->began_at;
    const double each = (hl_seconds() - p->began) / (double)done, samples = p->each / each;
    const bool worth_a_line = p->at % p->log_every == 0 || done == 1;
    char left[32], bar[24];
    if (!hl_log_is_live() && !worth_a_line) return;
    clock_text(left, each * (double)(p->end - p->at));
    bar_text(bar, (double)p->at / (double)p->end);
    if (hl_log_is_live()) hl_log_transient("%s %s  %.1f samples/s  %s left", bar, facts, samples, left);
    else hl_log(HL_INFO, "%s  %.1f samples/s  %s left", facts, samples, left);
}
