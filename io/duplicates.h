/* duplicates.h - which items say the same. */
#ifndef IO_DUPLICATES_H
#define IO_DUPLICATES_H
#include <stdint.h>

/* first_equal (n): for each of the digests (n), the first that equals it. */
void hl_duplicates_find(int32_t *first_equal, const uint64_t *digest, int64_t n);

#endif
