/* duplicates.h - which items have the same token ids. */
#ifndef IO_DATASET_DUPLICATES_H
#define IO_DATASET_DUPLICATES_H
#include <stdint.h>

/* first_equal (n): the number of the first of the digests (n) that equals digest i. */
void hl_duplicates_find(int32_t *first_equal, const uint64_t *digest, int64_t n);

#endif
