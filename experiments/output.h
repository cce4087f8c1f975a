/* output.h - the standard streams: never closed, never the reason why a job dies, and never silently lost. */
#ifndef EXPERIMENTS_OUTPUT_H
#define EXPERIMENTS_OUTPUT_H
#include "base/error.h"

/* The first thing that a program does.  A reader that goes away is an error of a write, not a signal (SIGPIPE);
 * where one of the standard streams is closed, something that cannot be read or written takes its number, so that no
 * file of ours does. */
void hl_output_open(void);

/* Has everything that was printed on standard output arrived?  HL_ESTORE where not: the disk is full, the reader is
 * gone, or the stream was closed from the start.  Flushes.  Local. */
hl_status hl_output_flush(void);

#endif
