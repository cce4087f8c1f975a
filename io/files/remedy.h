/* remedy.h - the sentence of a failed call on a file, with a remedy.
 *
 * To add a remedy: a row of the table in remedy.c. */
#ifndef IO_FILES_REMEDY_H
#define IO_FILES_REMEDY_H
#include "base/error.h"

/* HL_ESTORE with the sentence of a system call that failed with errno `error`: "path: cannot ACT: reason; remedy".
 * Local. */
hl_status hl_remedy_fail(const char *path, const char *act, int error);

#endif
