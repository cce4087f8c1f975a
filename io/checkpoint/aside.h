/* aside.h - move the run of a folder aside, into a folder old-N inside it, where it is a run as before.
 *
 * Local: one rank moves. */
#ifndef IO_CHECKPOINT_ASIDE_H
#define IO_CHECKPOINT_ASIDE_H
#include "base/error.h"
#include <limits.h>
#include <stdbool.h>

/* Move all steps, the files `latest` and `best`, and the files `names` (n) into a new folder <folder>/old-N.  out:
 * the path of old-N; "" where there was nothing to move.  HL_ESTORE where something cannot be moved; another call
 * finishes the move. */
hl_status hl_aside_move(char out[PATH_MAX], const char *folder, const char *const *names, int n);

/* Has a kill interrupted a move of hl_aside_move? */
bool hl_aside_is_unfinished(const char *folder);

#endif
