/* stop.h - signals that ask a job to stop.
 *
 * SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU set a flag; work that takes long looks at it now and then.
 * Ranks agree before they act on it (hl_group_may_go_on, or the tally of a step), as not all of them may have been
 * told. */
#ifndef BASE_STOP_H
#define BASE_STOP_H
#include "base/error.h"
#include <stdbool.h>

/* From now on these signals set the flag.  Launchers pass on what the ranks have been sent already, so more of them
 * within four seconds are the same one; a later one ends the process at once, as it usually does.  SIGXCPU, which
 * the system repeats every second, never does; SIGHUP stays ignored where it was (nohup). */
void hl_stop_listen(void);

/* Has one come? */
bool hl_stop_is_asked(void);

/* As if one had come, and as if none had: for tests and faults. */
void hl_stop_ask(void);
void hl_stop_forget(void);

/* HL_ESTOP, with a sentence that says what was going on, where one has come.  Local: for a loop of one rank, whose
 * status is agreed, and a sign of life of that rank (base/acts.h). */
hl_status hl_stop_check(const char *doing);

#endif
