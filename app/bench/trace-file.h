/* trace-file.h - the events of all ranks, as Perfetto and Chrome read them (Trace Event Format). */
#ifndef APP_BENCH_TRACE_FILE_H
#define APP_BENCH_TRACE_FILE_H
#include "app/train/job.h"
#include "mpi/comm/clocks.h"
#include "mpi/train/trace.h"

/* What records call an act; "plan" for HL_ACTS, what is before the first. */
const char *hl_trace_name(int act);

/* The first rank writes what each has to tell, one rank after the other: no rank holds the events of more than one
 * other.  zero: the moment of the first rank's clock that is 0 in the file.  HL_ESTORE where it cannot be written; then
 * there is no file.  Collective over the job's world. */
hl_status hl_trace_file(const char *path, const hl_trace *t, const hl_clock_offset *clock, double zero,
                        const hl_job *j);

#endif
