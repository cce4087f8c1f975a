/* regular.h - open a file that must be a plain one, without ever waiting for it.
 *
 * Opening a pipe that nobody writes waits for ever, and a job with it.  So files are opened without waiting, and
 * what is no plain file is refused by what it is. */
#ifndef IO_REGULAR_H
#define IO_REGULAR_H
#include "base/error.h"
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

/* Open `path` for reading: its descriptor, which the caller closes, and what is known of it (NULL: not asked).
 * `failure` with path, reason and `next`, what to do, where there is no plain file; HL_ESTORE with the remedy of
 * hl_file_fail where disk, server or machine fail, so another name would not help.  After a failure *fd is -1.
 * Local. */
hl_status hl_regular_open(int *fd, struct stat *st, const char *path, hl_status failure, const char *next);

/* The same as a stream, which the caller closes with fclose; NULL after a failure. */
hl_status hl_regular_stream(FILE **in, const char *path, hl_status failure, const char *next);

/* Is there a plain file by this name, or by a link to one? */
bool hl_regular_is(const char *path);

#endif
