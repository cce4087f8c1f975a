/* regular.h - open and read plain files, without ever waiting for them.
 *
 * Opening a pipe that nobody writes waits for ever, and a job with it.  So files are opened without waiting; a pipe,
 * a folder or a device is refused by its kind. */
#ifndef IO_FILES_REGULAR_H
#define IO_FILES_REGULAR_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

/* Open `path` for reading.  fd: the descriptor, which the caller closes; -1 after a failure.  st: what is known of
 * the file; NULL: not asked.  `failure` with path, reason and `next` (what to do) where there is no plain file.
 * HL_ESTORE with a remedy (hl_remedy_fail) where disk, server or machine fail, since another name would not help.
 * Local. */
hl_status hl_regular_open(int *fd, struct stat *st, const char *path, hl_status failure, const char *next);

/* Open `path` as a stream, which the caller closes with fclose; NULL after a failure. */
hl_status hl_regular_stream(FILE **in, const char *path, hl_status failure, const char *next);

/* Is there a plain file by this name, or by a link to one? */
bool hl_regular_is(const char *path);

/* The bytes of a plain file, with a 0 after them; release with free.  HL_EFORMAT where it is longer than `most`,
 * HL_ESTORE where it is not there or cannot be read.  Local. */
hl_status hl_regular_read(const char *path, size_t most, char **bytes, size_t *n);

#endif
