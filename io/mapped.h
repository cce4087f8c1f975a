/* mapped.h - files in memory, and what is said where one is cut off or unreadable while it is used.
 *
 * A page of a mapped file that cannot be read is no failed call but a signal, SIGBUS, wherever the page was touched.
 * With the places of all mappings the signal has a file, and the process ends with a sentence and status 5. */
#ifndef IO_MAPPED_H
#define IO_MAPPED_H
#include <stddef.h>

/* Remember that `size` bytes at `at` are those of `path`; from the first call on SIGBUS is heard.  Not for two
 * threads at once. */
void hl_mapped_add(const void *at, size_t size, const char *path);

/* Forget what was added; before munmap. */
void hl_mapped_remove(const void *at);

#endif
