/* positioned.h - read and write bytes at a place of an open file: all of them, or a sentence.
 *
 * Both go on after a short transfer and after a signal.  All functions are local; they fail with HL_ESTORE and a
 * sentence with path, byte and the system's reason. */
#ifndef IO_FILES_POSITIONED_H
#define IO_FILES_POSITIONED_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/* HL_ESTORE also where the file ends before byte at + n. */
hl_status hl_positioned_read(int fd, const char *path, void *out, size_t n, int64_t at);

hl_status hl_positioned_write(int fd, const char *path, const void *bytes, size_t n, int64_t at);

#endif
