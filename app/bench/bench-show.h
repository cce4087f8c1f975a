/* bench-show.h - figures for people and for machines. */
#ifndef APP_BENCH_BENCH_SHOW_H
#define APP_BENCH_BENCH_SHOW_H
#include "app/bench/bench.h"
#include <stdio.h>

/* Who measured: ranks, threads, the library that multiplies, and what the machine can do. */
void hl_bench_note_machine(json_t *result, const hl_bench_orders *orders, const hl_peaks *peaks);

/* What program it is, what it was made of, and where it runs: machines, the name of that of rank 0, its cores,
 * and the names of all with how many ranks each has.  Collective. */
void hl_bench_note_place(json_t *result, const hl_group *world);

/* The object as JSON; or as lines "name value", then its arrays of objects as tables with the keys above the
 * columns. */
void hl_bench_show(const json_t *result, FILE *out, bool json);

#endif
