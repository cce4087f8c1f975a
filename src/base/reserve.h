/* reserve.h - a long array of which only some pages are there.
 *
 * Addresses are reserved for the whole; a page takes memory from the first write to it until it is dropped, and
 * reads as zero before and after.  So code that indexes a whole array needs no change where a rank keeps only a part
 * of it.  Linux (mmap(2) MAP_NORESERVE, madvise(2) MADV_DONTNEED, mremap(2)). */
#ifndef BASE_RESERVE_H
#define BASE_RESERVE_H
#include <stddef.h>

/* n floats, zero.  Running out of addresses ends the job with a sentence. */
float *hl_reserve(size_t n);
void hl_reserve_free(float *x, size_t n);

/* The same in small pages, but where hl_pages_large says otherwise: of an array of which a rank holds some stretches a
 * large page would hold more. */
float *hl_reserve_small(size_t n);

/* Numbers [begin, end) become zero, and the pages that hold nothing else go back to the system. */
void hl_reserve_drop(float *x, size_t begin, size_t end);

/* Numbers [begin, end) of a reserved array. */
typedef struct {
    float *x;
    size_t begin, end;
} hl_reserve_part;

/* Pages that hold nothing else. */
size_t hl_reserve_pages(hl_reserve_part part);

/* Numbers of `from` become zero, and the first `pages` of its pages, with whatever is on them, are those of `to`, which
 * had none; others go back to the system.  How many serve there: `to` may have fewer, and the system may refuse.  A
 * page that comes so costs a fiftieth of one that comes from the system, which is cleared first. */
size_t hl_reserve_move(hl_reserve_part to, hl_reserve_part from, size_t pages);

#endif
