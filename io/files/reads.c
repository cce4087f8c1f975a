/* reads.c - what this process has opened and read so far. */
#include "io/files/reads.h"

static hl_reads so_far;

hl_reads hl_reads_so_far(void) { return so_far; }

void hl_reads_opened(void) { so_far.opens++; }

void hl_reads_took(size_t bytes) { so_far.bytes += (int64_t)bytes; }
