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

/* Make the file, open for writing, this long, and take the disk's blocks for it before anybody writes.  Not every file
 * system can promise them; then a full disk shows later. */
hl_status hl_positioned_reserve(int fd, const char *path, int64_t bytes);

/* Before ranks of several machines write one file: NFS sends whole pages of what it has seen of a file, and two
 * machines may have numbers in one page; it sends bytes where the file is locked.  So each rank locks a byte that no
 * other one wants, behind the file's end.  A file system without locks is not NFS, or has one machine. */
void hl_positioned_keep_apart(int fd, int rank);

#endif
