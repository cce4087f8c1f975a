/* standstill.h - does any rank of a machine move, and who waits for whom?  Without MPI and without a clock of its
 * own.
 *
 * The caller looks at the records of the machine's ranks (base/acts.h) every second or so, and says how many seconds
 * the last look was ago by its own count.  Time in which the caller itself was suspended is not counted, so a
 * suspended job does not look like one that hangs. */
#ifndef MPI_COMM_STANDSTILL_H
#define MPI_COMM_STANDSTILL_H
#include "base/acts.h"
#include <stddef.h>

/* A rank now.  state: that of /proc/PID/stat, R S D T t Z, or '?' where it is not known. */
typedef struct {
    hl_acts_seen acts;
    char state;
} hl_rank_seen;

typedef struct {
    int n;               /* ranks of the machine */
    bool is_whole_job;   /* no other machine has ranks of the job */
    uint64_t *moves;     /* (n) the count of each rank at the last look */
    double *stopped;     /* (n) seconds that each rank has been stopped by a signal so far */
    bool *is_told;       /* (n) is it said that the rank is stopped? */
    bool is_told_of_all; /* is it said that nothing moves? */
    double still;        /* seconds in which no rank has moved */
} hl_standstill;

/* HL_STOP_TOLD: seconds after which a stopped rank is named.  HL_LASTING: how many times the patience a wait may
 * last that is allowed to be long: a flush of a file, or a wait of all ranks of the machine for other machines. */
enum { HL_STOP_TOLD = 5, HL_LASTING = 30 };

void hl_standstill_open(hl_standstill *s, int n, bool is_whole_job);
void hl_standstill_close(hl_standstill *s);

typedef enum {
    HL_SOMETHING_MOVES, /* or nothing has moved for less than the patience */
    HL_NOTHING_MOVES,   /* for `patience` seconds, but a rank does what may last; said once */
    HL_JOB_HANGS        /* end it */
} hl_verdict;

/* Look at seen (n), `seconds` after the last look; patience 0: never a verdict.  *stopped: the index of a rank that
 * a signal has stopped, that others wait for, and that was not named yet; -1: there is none. */
hl_verdict hl_standstill_look(hl_standstill *s, int *stopped, const hl_rank_seen *seen, double seconds,
                              double patience);

/* Say a line for the ranks that wait in the same call, and one for each rank that is somewhere else. */
void hl_standstill_tell(const hl_standstill *s, const hl_rank_seen *seen, const char *host,
                        void (*say)(const char *line));

/* "rank 1 (process 123 on node7) is stopped by a signal (SIGSTOP); kill -CONT 123 lets it go on" */
void hl_standstill_tell_stopped(char *line, size_t room, const hl_rank_seen *seen, const char *host);

#endif
