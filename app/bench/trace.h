/* trace.h - what all ranks do when in a step: hllm trace. */
#ifndef APP_BENCH_TRACE_H
#define APP_BENCH_TRACE_H
#include "app/bench/bench-job.h"

/* Steps of the job, after those of the warm-up.
 *
 * orders->out gets every act of every rank as a JSON object of trace events, which Perfetto and Chrome show: a process
 * a machine, a thread a rank; microseconds of the first rank's clock (mpi/comm/clocks.h).
 * The object gets seconds of the acts over ranks, and the parallel efficiency and its factors (app/bench/pop.h).
 * Collective. */
hl_bench_of_job hl_trace_job;

#endif
