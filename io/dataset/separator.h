/* separator.h - what separates the fields of a table: commas, tabs, semicolons or vertical bars. */
#ifndef IO_DATASET_SEPARATOR_H
#define IO_DATASET_SEPARATOR_H

/* The one that the first line of the bytes from `at` to `end` has most of, outside of quotes; of equally many the first
 * of those above.  A first line that is longer is told by its beginning.  0: there is none, but "::". */
char hl_separator_find(const char *at, const char *end);

/* "commas" */
const char *hl_separator_words(char separator);

#endif
