/* excerpt.h - bytes of a file as they can be shown in a sentence. */
#ifndef IO_EXCERPT_H
#define IO_EXCERPT_H
#include <stddef.h>

enum { HL_EXCERPT = 64 };

/* The beginning of n bytes, as UTF-8 that a terminal shows and does nothing else with.  What cannot be seen is written
 * out: \t \n \r, and \xHH for the bytes of other control characters, of blanks that are none of ASCII's, of marks
 * without a width and of what is not UTF-8.  A longer text ends with "...". */
const char *hl_excerpt(char out[HL_EXCERPT], const char *at, size_t n);

#endif
