/* standstill.h - does anything move on a machine, and who waits for whom?  Without MPI and without a clock of its own.
 *
 * Whoever looks at the records of the machine's ranks (base/acts.h) every second or so says how long the last look
 * was ago by its own count.  Time in which the looker itself was suspended is not counted, so a suspended job does
 * not look like one that hangs. */
#ifndef MPI_STANDSTILL_H
#define MPI_STANDSTILL_H
#include "base/acts.h"
#include <stddef.h>

/* A rank as it is now; state: that of /proc/PID/stat, R S D T t Z, or '?' where there is none. */
typedef struct {
    hl_acts_seen acts;
    char state;
} hl_rank_seen;

typedef struct {
    int n;               /* ranks of the machine */
    bool is_whole_job;   /* there are no others */
    uint64_t *moves;     /* (n) of each rank at the last look */
    double *stopped;     /* (n) seconds that each rank has been stopped by a signal so far */
    bool *is_told;       /* (n) of that */
    bool is_told_of_all; /* that nothing moves */
    double still;        /* seconds in which no rank has moved */
} hl_standstill;

/* A stop is told after so many seconds.  What may last (a flush of a file, ranks of other machines for which all of
 * this one wait) may last so many times as long as what may not. */
enum { HL_STOP_TOLD = 5, HL_LASTING = 30 };

void hl_standstill_open(hl_standstill *s, int n, bool is_whole_job);
void hl_standstill_close(hl_standstill *s);

typedef enum {
    HL_SOMETHING_MOVES, /* or it may still */
    HL_NOTHING_MOVES,   /* for `patience` seconds, which is said once, but it may be good: something that may last */
    HL_JOB_HANGS        /* end it */
} hl_verdict;

/* Look at seen (n), `seconds` after the last look; patience 0: never a verdict.  *stopped: the index of a rank that
 * was stopped by a signal, that others wait for, and that nobody was told of yet; -1: there is none. */
hl_verdict hl_standstill_look(hl_standstill *s, int *stopped, const hl_rank_seen *seen, double seconds,
                              double patience);

/* The picture: a line for ranks that wait in the same call, one for each rank that is somewhere else. */
void hl_standstill_tell(const hl_standstill *s, const hl_rank_seen *seen, const char *host,
                        void (*say)(const char *line));

/* "rank 1 (process 123 on node7) is stopped by a signal (SIGSTOP); kill -CONT 123 lets it go on" */
void hl_standstill_tell_stopped(char *line, size_t room, const hl_rank_seen *seen, const char *host);

#endif
