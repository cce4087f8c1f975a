/* reads.h - what this process has opened and read so far.
 *
 * Counted are files that were opened to be read, and bytes that were read of them or, where a file is mapped, used for
 * the first time by whoever checks or converts them; a stream counts with the size of its file.  Not counted: /proc and
 * /sys, what libraries open by themselves, what HDF5 reads of a file's structure, questions about a file (stat), and
 * pages of a mapped file that are touched later.  A descriptor that another rank has passed on (io/files/relay.h) was
 * opened there.  One thread at a time. */
#ifndef IO_FILES_READS_H
#define IO_FILES_READS_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t opens, bytes;
} hl_reads;

/* Since the process began. */
hl_reads hl_reads_so_far(void);

/* A file was opened to be read; so many bytes of one were read. */
void hl_reads_opened(void);
void hl_reads_took(size_t bytes);

#endif
