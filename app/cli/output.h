/* output.h - the standard streams: always open, never the reason why a job dies, never lost without a word. */
#ifndef APP_CLI_OUTPUT_H
#define APP_CLI_OUTPUT_H
#include "base/error.h"

/* Called first of all.  A reader that goes away becomes an error of a write, not a signal (SIGPIPE).  A standard
 * stream that is closed gets a descriptor that cannot be read or written, so that no file takes its number. */
void hl_output_open(void);

/* Flush standard output.  HL_ESTORE where not everything has arrived: the disk is full, the reader is gone, or the
 * stream was closed from the start.  Local. */
hl_status hl_output_flush(void);

#endif
