/* lock.h - a folder that one job has for itself: <folder>/lock.
 *
 * The file says who has, or had, the folder: machine, process, job, since when.  A lock of the system on the file
 * keeps others out.  It ends with the process, however that ends; over NFS 4 and Lustre (mounted with flock) it
 * holds between machines.  The file stays.  All functions are local: one rank takes the lock for its job. */
#ifndef IO_FILES_LOCK_H
#define IO_FILES_LOCK_H
#include "base/error.h"

typedef struct hl_lock hl_lock;

/* Take the folder, which is made where there is none.  A lock of somebody else is waited for at most `patience`
 * seconds, with a line in the log; then HL_EUSAGE says whose it is.  An owner that has ended without releasing the
 * folder is named in the log; a file system without locks is a warning.  HL_ESTORE where folder or file cannot be
 * made.  Release also after a failure. */
hl_status hl_lock_take(hl_lock **out, const char *folder, double patience);

/* Release the folder; one that was made by hl_lock_take and holds nothing else is removed.  NULL is fine. */
void hl_lock_release(hl_lock *l);

/* The same of a folder that is there for the lock alone, and goes whoever made it. */
void hl_lock_release_place(hl_lock *l);

#endif
