/* path.h - paths that are put together.
 *
 * Every function here is printf into a path; they differ in what becomes of one that is longer than paths may be. */
#ifndef BASE_PATH_H
#define BASE_PATH_H
#include "base/error.h"
#include <limits.h>
#include <stdbool.h>

/* A broken promise: for the names of our own files in a folder that hl_path_check has passed. */
void hl_path(char out[PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* HL_EUSAGE, with the beginning of the path. */
hl_status hl_path_make(char out[PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* False: for whoever looks whether something is there, which it then is not. */
bool hl_path_fits(char out[PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Is there room for the names of our own files behind this path?  HL_EUSAGE where not. */
hl_status hl_path_check(const char *path);

/* Is there anything of this name in the folder?  Links are followed. */
bool hl_path_is_there(const char *folder, const char *name);

#endif
