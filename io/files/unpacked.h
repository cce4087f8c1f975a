/* unpacked.h - the bytes of a file from front to back, unpacked where it is packed.
 *
 * The first bytes of the file tell how it is packed, not its name: gzip, zstd, or not at all.  A packed file may have
 * several members one after the other, as of pigz or cat.  One that is cut off or damaged is refused, however much of
 * it could be unpacked.  To add a codec: a file unpacked-<name>.c and a row in unpacked.c. */
#ifndef IO_FILES_UNPACKED_H
#define IO_FILES_UNPACKED_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hl_unpacked hl_unpacked;

/* HL_EFORMAT where there is no such file, HL_ESTORE where it cannot be read.  Close *out also after a failure. */
hl_status hl_unpacked_open(hl_unpacked **out, const char *path);
void hl_unpacked_close(hl_unpacked *s);

/* The next bytes: *n of them, fewer than `room` at the end alone.  HL_EFORMAT where the file is cut off or damaged. */
hl_status hl_unpacked_read(hl_unpacked *s, char *out, size_t room, size_t *n);

/* Go on at a byte of a file that is not packed. */
hl_status hl_unpacked_seek(hl_unpacked *s, int64_t at);

/* Which unpacked byte comes first behind `packed` bytes of a packed file, which count in blocks; -1: that far has not
 * been read.  It depends on the file alone, so that ranks that unpack it each by itself share it out by its packed
 * bytes. */
int64_t hl_unpacked_behind(const hl_unpacked *s, int64_t packed);

/* Is it worth reading in parts?  A packed one is unpacked from the front by each that reads a part, so it must be
 * large. */
bool hl_unpacked_can_part(const hl_unpacked *s);

/* "gzip", "zstd"; NULL: not packed. */
const char *hl_unpacked_codec(const hl_unpacked *s);

int64_t hl_unpacked_size(const hl_unpacked *s); /* of the file as it lies there */
double hl_unpacked_share(const hl_unpacked *s); /* of it that was read, 0 to 1 */

#endif
