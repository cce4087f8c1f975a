/* mapped.h - mapped files, and the sentence where one is cut off or unreadable while it is used.
 *
 * A page of a mapped file that cannot be read is no failed call but a signal, SIGBUS, wherever the page was touched.
 * With the addresses of all mappings the signal has a file, and the process ends with a sentence and status 5. */
#ifndef IO_FILES_MAPPED_H
#define IO_FILES_MAPPED_H
#include <stddef.h>

/* Note that `size` bytes at `at` are the file `path`.  The first call installs the handler of SIGBUS.  One thread at
 * a time. */
void hl_mapped_add(const void *at, size_t size, const char *path);

/* Forget the mapping at `at`, before munmap. */
void hl_mapped_remove(const void *at);

#endif
