/* atomic.h - write and move files and folders so that they are there whole or not at all, even after a power cut.
 *
 * A file is written under another name, flushed to the disk, and moved to its own name; then the folder that holds
 * the name is flushed too.  All functions are local; they fail with HL_ESTORE and a sentence that names the path and
 * the system's reason. */
#ifndef IO_FILES_ATOMIC_H
#define IO_FILES_ATOMIC_H
#include "base/error.h"
#include <stddef.h>

/* Replace the file `path` by these bytes; it holds either the old or the new ones at any moment. */
hl_status hl_atomic_write(const char *path, const void *bytes, size_t n);

/* fsync between hl_act_long and hl_act_long_is_over (base/acts.h), since it may take long. */
int hl_atomic_flush(int fd);

/* Flush a file, or a folder's list of names, to the disk. */
hl_status hl_atomic_sync(const char *path);

/* Move the folder or file `from` to the name `to` in the same folder, and flush that folder. */
hl_status hl_atomic_move(const char *from, const char *to);

#endif
