/* lend.h - memory for the length of a function, from blocks that stay.
 *
 * For what comes back in any order, as where several sums are under way; what comes back last taken first is an
 * arena's.  A block that came back is lent again to whoever fits into it, so that what happens again and again asks
 * the system for nothing. */
#ifndef BASE_LEND_H
#define BASE_LEND_H
#include <stddef.h>

/* At least so many bytes, aligned to 64, with anything in them.  Ends the job where there is no memory. */
void *hl_lend(size_t bytes);

/* By the thread that got it; NULL is fine. */
void hl_lend_back(void *p);

#endif
