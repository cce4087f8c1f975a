/* bench-show.h - figures for people and for machines. */
#ifndef EXPERIMENTS_BENCH_SHOW_H
#define EXPERIMENTS_BENCH_SHOW_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The object as JSON; or as lines "name value", then its arrays of objects as tables with the keys above the columns. */
void hl_bench_show(const json_t *result, FILE *out, bool json);

#endif
