/* pages.h - large pages for large arrays.
 *
 * A page of 4096 bytes costs a fault when it is first touched and a place among the few hundred addresses that a
 * processor remembers; a product over some megabytes feels both.  Linux gives pages of 2 MiB to who asks, where
 * there are any. */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H
#include <stddef.h>

enum { HL_LARGE_PAGE = 1 << 21 };

/* From now on, pages of [at, at + bytes) that are touched for the first time are large where that is possible. */
void hl_pages_large(void *at, size_t bytes);

/* Memory that was freed goes back to the system, where the library keeps it for what may come (glibc: some tens of
 * megabytes).  It takes some milliseconds. */
void hl_pages_give_back(void);

#endif
