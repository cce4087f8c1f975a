/* reserve.h - a long array of which only some pages are there.
 *
 * Addresses are reserved for the whole; a page takes memory from the first write to it until it is dropped, and
 * reads as zero before and after.  So code that indexes a whole array needs no change where a rank keeps only a part
 * of it.  Linux (mmap(2) MAP_NORESERVE, madvise(2) MADV_DONTNEED). */
#ifndef BASE_RESERVE_H
#define BASE_RESERVE_H
#include <stddef.h>

/* n floats, zero.  Running out of addresses ends the job with a sentence. */
float *hl_reserve(size_t n);
void hl_reserve_free(float *x, size_t n);

/* Numbers [begin, end) become zero, and the pages that hold nothing else go back to the system. */
void hl_reserve_drop(float *x, size_t begin, size_t end);

#endif
