/* bench-step.h - steps of a job, measured: no run folder is touched, nothing is saved. */
#ifndef APP_BENCH_BENCH_STEP_H
#define APP_BENCH_BENCH_STEP_H
#include "app/train/job.h"
#include "step/schedule.h"

/* What a step is asked for.  Seconds are means over the ranks where it does not say otherwise. */
typedef enum {
    HL_STEP_SECONDS,  /* of the slowest rank, from drawing the batch to the last update */
    HL_STEP_USERS,    /* samples a second */
    HL_STEP_CPU,      /* seconds of all processors of all ranks, those of threads that wait awake too */
    HL_STEP_COMPUTE,  /* seconds forward and backward */
    HL_STEP_EXCHANGE, /* in exchanges and sums over ranks, waiting too */
    HL_STEP_OPTIMIZER,
    HL_STEP_FLOP,        /* of all ranks: products and attention, forward and backward; what is computed again counts */
    HL_STEP_RATE,        /* FLOP/s of a rank while it computes forward and backward */
    HL_STEP_WHOLE_RATE,  /* ... over the whole step */
    HL_STEP_UPDATE_RATE, /* bytes a second of a rank's optimizer: seven numbers a weight */
    HL_STEP_SENT,        /* bytes of item vectors between ranks */
    HL_STEP_TEXTS,
    HL_STEP_TOKENS,        /* of texts, encoded */
    HL_STEP_PUBLIC_TOKENS, /* ... that the public code would encode: every slot, every duplicate */
    HL_STEP_LOSS,
    HL_STEP_FIGURES
} hl_step_figure;

/* Medians over the steps. */
typedef struct {
    double figure[HL_STEP_FIGURES];
    double mean[HL_ACTS + 1],
        most[HL_ACTS + 1]; /* seconds of each act, over ranks; last: of the plan and what else is in a step */
} hl_step_medians;

/* Train so many steps from step `*at` of the job on, and `warmup` before them that are not counted; *at moves on.
 * Collective. */
hl_status hl_bench_steps(hl_step_medians *m, hl_job *j, int64_t *at, int warmup, int steps);

#endif
