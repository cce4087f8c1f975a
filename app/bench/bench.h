/* bench.h - what hllm bench can measure.  Adding a measurement is a file bench-<name>.c and a line in cmd-bench.c. */
#ifndef APP_BENCH_BENCH_H
#define APP_BENCH_BENCH_H
#include "base/error.h"
#include "app/bench/bench-measure.h"
#include <jansson.h>

typedef struct {
    hl_meter meter;
    int threads;       /* a rank; 0: the configuration says */
    int steps;         /* of a job to measure; 0: the measurement's own number */
    int warmup;        /* steps before those, which are not counted */
    bool first_batch;  /* each step has the first batch, as a forecast has */
    const char *out;   /* a file to write; NULL: none */
    const char *learn; /* files of trainings, for a calibration; NULL: it is measured */
} hl_bench_orders;

typedef struct {
    const char *name;   /* its arguments and what it does are told in cmd-bench.c */
    bool has_config;    /* argv is a configuration's: its file, then its options */
    bool learns;        /* it can learn from trainings instead of measuring */
    int arguments_most; /* else: how many arguments it may have */
    /* Put figures into the object: numbers and texts, and arrays of objects, which are tables.  Collective; every
     * rank has a result, rank 0's is shown. */
    hl_status (*run)(json_t *result, const hl_bench_orders *orders, int argc, char **argv);
} hl_bench;

/* Each bench-<name>.c defines one or more. */
extern const hl_bench hl_bench_calibrate, hl_bench_collectives, hl_bench_kernels, hl_bench_node, hl_bench_step;

#endif
