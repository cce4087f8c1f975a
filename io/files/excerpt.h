/* excerpt.h - bytes of a file as they can be shown in a sentence. */
#ifndef IO_FILES_EXCERPT_H
#define IO_FILES_EXCERPT_H
#include <stddef.h>

enum { HL_EXCERPT = 64 };

/* The beginning of n bytes, as UTF-8 that a terminal only shows.  Invisible bytes are written out: \t \n \r, and
 * \xHH for other control characters, for blanks other than ASCII's, for marks without a width and for bytes that are
 * not UTF-8.  A longer text ends with "...". */
const char *hl_excerpt(char out[HL_EXCERPT], const char *at, size_t n);

#endif
