/* regular.h - open and read files that must be plain ones, without ever waiting for them.
 *
 * Opening a pipe that nobody writes waits for ever, and a job with it.  So files are opened without waiting, and
 * what is no plain file is refused by what it is. */
#ifndef IO_REGULAR_H
#define IO_REGULAR_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

/* Open `path` for reading: its descriptor, which the caller closes, and what is known of it (NULL: not asked).
 * `failure` with path, reason and `next`, what to do, where there is no plain file; HL_ESTORE with the remedy of
 * hl_remedy_fail where disk, server or machine fail, so another name would not help.  After a failure *fd is -1.
 * Local. */
hl_status hl_regular_open(int *fd, struct stat *st, const char *path, hl_status failure, const char *next);

/* The same as a stream, which the caller closes with fclose; NULL after a failure. */
hl_status hl_regular_stream(FILE **in, const char *path, hl_status failure, const char *next);

/* Is there a plain file by this name, or by a link to one? */
bool hl_regular_is(const char *path);

/* The bytes of a plain file, with a 0 after them; release with free.  HL_EFORMAT where it is longer than `most`,
 * HL_ESTORE where it is not there or cannot be read.  Local. */
hl_status hl_regular_read(const char *path, size_t most, char **bytes, size_t *n);

#endif
