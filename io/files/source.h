/* source.h - read an input file once from front to back, and digest it on the way.
 *
 * The digest joins the digests of blocks of HL_SOURCE_BLOCK bytes, so it names the content however it was read. */
#ifndef IO_FILES_SOURCE_H
#define IO_FILES_SOURCE_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum { HL_SOURCE_BLOCK = 1 << 20 };

typedef struct {
    const char *path; /* borrowed */
    int fd;
    int64_t size, mtime; /* bytes and nanoseconds, as the file system says */
    int64_t at;          /* bytes read so far */
    uint64_t digest;     /* of them */
} hl_source;

/* HL_EFORMAT where there is no such regular file.  Close it also after a failure. */
hl_status hl_source_open(hl_source *s, const char *path);
void hl_source_close(hl_source *s);

/* The next HL_SOURCE_BLOCK bytes; n is smaller only at the end.  HL_ESTORE where the disk fails. */
hl_status hl_source_read(hl_source *s, char *block, size_t *n);

/* Read the rest, for the digest alone.  HL_EFORMAT where size or time of the file have changed since it was opened. */
hl_status hl_source_finish(hl_source *s);

#endif
