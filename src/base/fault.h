/* fault.h - failures on purpose, so that tests can see what happens after them.
 *
 * A place that can fail is a point, with a row in base/fault-points.c.  It asks one of the functions below and,
 * where that says so, fails as it really would.  HLLM_FAULT, or hl_fault_set in a test, names what is to fail:
 *
 *     checkpoint-rename                on every rank, each time
 *     checkpoint-rename:1              on rank 1
 *     checkpoint-rename:1:3            on rank 1, the third time that it is there, and only then
 *     checkpoint-rename:1:3+           the third time and later
 *     checkpoint-rename:1:kill         rank 1 is killed there, as by a power cut
 *     record-write:*:3:enospc          on every rank, the third time, with "no space left on device"
 *     group-reduce:2:100:hang,step-signal:0:5    several, with commas
 *
 * `hllm --faults` (doc/faults.md) lists points and actions.  Ranks are those of the whole job.  Called by one thread
 * of a process. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a point can do beside kill, stop and hang, which all can. */
typedef enum {
    HL_FAULT_FAILS = 1,   /* error */
    HL_FAULT_FILES = 2,   /* error and what the system says of files: enospc, eio, estale, edquot */
    HL_FAULT_BYTES = 4,   /* the same, short and eintr: it reads or writes */
    HL_FAULT_NUMBERS = 8, /* nan, flip */
    HL_FAULT_WAITS = 16,  /* nothing else */
} hl_fault_kind;

typedef struct {
    const char *name; /* <thing>-<act> */
    hl_fault_kind kind;
    const char *file, *what;
} hl_fault_point;

/* All points; the last has a NULL name. */
extern const hl_fault_point hl_fault_points[];

/* For functions that know no ranks: the rank of this process, told by hl_fault_rank; 0 until then. */
enum { HL_FAULT_ME = -1 };
void hl_fault_rank(int rank);

/* Shall this rank fail here?  Then errno is what the action says; EIO for error. */
bool hl_fault(const char *point, int rank);

/* The same of a call on a file: 0, or the errno with which it is to fail, or HL_FAULT_SHORT: only some of the bytes
 * are to be read or written. */
enum { HL_FAULT_SHORT = -1 };
int hl_fault_errno(const char *point, int rank);

/* The same of numbers that a rank has computed: nan makes the middle one of x (n) a NaN, flip another one by one
 * bit. */
void hl_fault_numbers(const char *point, int rank, float *x, size_t n);

/* A point that can only be killed, stopped or made to hang. */
static inline void hl_fault_wait(const char *point, int rank) { (void)hl_fault(point, rank); }

/* Instead of HLLM_FAULT; "" or NULL: nothing fails.  Names are not looked up. */
void hl_fault_set(const char *what);

/* Does HLLM_FAULT name points that exist, and actions that they can do?  HL_EUSAGE with what there is, else. */
hl_status hl_fault_check(void);

/* Actions and points, as Markdown. */
void hl_fault_print(FILE *out);

#endif
