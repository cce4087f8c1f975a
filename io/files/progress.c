/* progress.c - how far a long reading is, told a few times a second. */
#include "io/files/progress.h"
#include "base/acts.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"

static const double EVERY = 0.25; /* seconds */

static void tell(hl_progress *p, const char *what, double share)
{
    double now = hl_seconds();
    if (now < p->next) return;
    p->next = now + EVERY;
    hl_act_begin(what, -1);
    if (p->show) p->show(p->self, what, share);
    else hl_log_transient("%s: %3.0f %%", what, 100 * share);
}

hl_status hl_progress_at(hl_progress *p, const char *what, double share)
{
    tell(p, what, share);
    return hl_stop_check(what);
}
