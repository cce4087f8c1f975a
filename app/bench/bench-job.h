/* bench-job.h - the job of a configuration, to measure its steps: no run folder is touched, nothing is saved. */
#ifndef APP_BENCH_BENCH_JOB_H
#define APP_BENCH_BENCH_JOB_H
#include "app/bench/bench.h"
#include "app/train/job.h"

/* Put figures of the job into the object.  Collective. */
typedef hl_status hl_bench_of_job(json_t *result, const hl_bench_orders *orders, hl_job *j);

/* Open the job of a configuration (argv: its files, then its options) and measure it.  HL_EUSAGE and HL_EFORMAT where
 * it has no steps.  Collective over the ranks of the orders. */
hl_status hl_bench_job(hl_bench_of_job *measure, json_t *result, const hl_bench_orders *orders, int argc, char **argv);

/* Processor, flags of the compiler, digests of options and data.  Local. */
void hl_bench_note_origin(json_t *result, const hl_job *j);

#endif
