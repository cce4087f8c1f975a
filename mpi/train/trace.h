/* trace.h - what a rank did when: the acts of steps, one after the other. */
#ifndef MPI_TRAIN_TRACE_H
#define MPI_TRAIN_TRACE_H
#include "step/act.h"
#include <stddef.h>

typedef struct {
    int act, micro_batch; /* act: an hl_act, or HL_ACTS: from the beginning of a step to its first act */
    double begin, end;    /* hl_seconds() of this rank */
    double waited;        /* seconds of these in waits for other ranks (hl_group_waited) */
} hl_trace_event;

/* In the order of time.  {0} is empty; release .at with free. */
typedef struct {
    hl_trace_event *at;
    int n;
    size_t room;
} hl_trace;

#endif
