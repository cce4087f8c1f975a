/* twins.h - which items say the same. */
#ifndef IO_TWINS_H
#define IO_TWINS_H
#include <stdint.h>

/* twin (n): for each of the digests (n), the first that equals it. */
void hl_twins_find(int32_t *twin, const uint64_t *digest, int64_t n);

#endif
