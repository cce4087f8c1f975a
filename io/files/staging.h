/* staging.h - write a folder of files beside its place, and put it there when it is whole.
 *
 * The staging folder of F is F.tmp, locked while somebody writes it; a killed run leaves it unlocked, and it is
 * written anew.  A folder that stood at F is F.old for a moment.  A folder F.tmp or F.old with other files than
 * those of the patterns is left alone, with a sentence.  All functions are local, for one process. */
#ifndef IO_FILES_STAGING_H
#define IO_FILES_STAGING_H
#include "base/error.h"
#include <limits.h>
#include <stdbool.h>

typedef struct {
    char place[PATH_MAX], path[PATH_MAX]; /* F and F.tmp: write into path */
    const char *const *patterns;          /* (n) of the names of files that may be there; borrowed */
    int n;
    int lock;      /* -1: not ours */
    bool is_taken; /* somebody else is writing it */
} hl_staging;

/* Make the empty staging folder of a folder.  HL_ESTORE where nothing can be written, HL_EUSAGE where somebody else
 * is writing it or something else is in the way.  Close it also after a failure. */
hl_status hl_staging_begin(hl_staging *d, const char *folder, const char *const *patterns, int n);

/* Wait, with a line in the log, while somebody is writing the staging folder of `folder`.  HL_ESTOP where a signal
 * came. */
hl_status hl_staging_wait(const char *folder);

/* Move the staging folder to its place; it replaces a folder that is there. */
hl_status hl_staging_place(hl_staging *d);

/* Unlock the staging folder, and remove it where it was not placed. */
void hl_staging_close(hl_staging *d);

#endif
