/* path.h - paths that are put together. */
#ifndef IO_PATH_H
#define IO_PATH_H
#include "base/error.h"
#include <limits.h>

/* printf into a path; one that is too long is a broken promise (ask hl_path_check first). */
void hl_path(char out[PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Is there room for the names of our own files behind this path?  HL_EUSAGE where not. */
hl_status hl_path_check(const char *path);

#endif
