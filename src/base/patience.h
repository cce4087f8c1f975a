/* patience.h - something that waits for other processes, in a library that cannot be told to give up, ends all the
 * same. */
#ifndef BASE_PATIENCE_H
#define BASE_PATIENCE_H
#include "base/error.h"

typedef struct {
    double seconds;     /* after these the process ends with status 1; 0 or less: never */
    int rank;           /* rank 0 warns once, after a tenth of them */
    const char *what;   /* "MPI has not started" */
    const char *advice; /* why that may be, and what to look at */
} hl_patience;

/* Read the seconds that the environment variable `name` gives as `text`: a number from 0 to 1e9, 0 for no end.
 * Without a text *seconds stays.  HL_EUSAGE where the text is anything else. */
hl_status hl_patience_parse(double *seconds, const char *name, const char *text);

/* Begin to watch; *p must stay until hl_patience_end.  One at a time, by a thread of its own. */
void hl_patience_begin(const hl_patience *p);

/* What was waited for has come.  Returns when the thread is gone. */
void hl_patience_end(void);

#endif
