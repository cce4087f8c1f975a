/* aside.h - the run that is in a folder goes into a folder old-N inside it, where it is a run as before.
 *
 * Local: one rank moves. */
#ifndef IO_ASIDE_H
#define IO_ASIDE_H
#include "base/error.h"
#include <limits.h>
#include <stdbool.h>

/* Move all steps, the names of the latest and the best, and the files `names` (n) into a new folder <folder>/old-N,
 * whose path comes out; empty: there was nothing.  HL_ESTORE where they cannot be moved; another call ends what was
 * begun. */
hl_status hl_aside_move(char out[PATH_MAX], const char *folder, const char *const *names, int n);

/* Has a kill interrupted such a move? */
bool hl_aside_is_unfinished(const char *folder);

#endif
