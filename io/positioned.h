/* positioned.h - bytes at a place of an open file of a checkpoint: all of them, or a sentence.
 *
 * A disk may take or give less than it was asked for, and a signal may interrupt it; both go on here.  All functions
 * are local; they fail with HL_ESTORE and a sentence with path, byte and the system's reason. */
#ifndef IO_POSITIONED_H
#define IO_POSITIONED_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/* The file ends before byte at + n: HL_ESTORE, too. */
hl_status hl_positioned_read(int fd, const char *path, void *out, size_t n, int64_t at);

hl_status hl_positioned_write(int fd, const char *path, const void *bytes, size_t n, int64_t at);

#endif
