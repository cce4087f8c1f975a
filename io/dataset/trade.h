/* trade.h - how many rows ranks have for each other. */
#ifndef IO_DATASET_TRADE_H
#define IO_DATASET_TRADE_H
#include "base/arena.h"
#include "mpi/comm/group.h"
#include <stdlib.h>

/* begin (p): where count (p) rows of each begin, one after the other; returns how many there are. */
static inline int hl_trade_begins(int *begin, const int *count, int p)
{
    int64_t n = 0;
    for (int q = 0; q < p; n += count[q++]) begin[q] = (int)n;
    HL_CHECK(n < INT32_MAX);
    return (int)n;
}

/* in (ranks): what each rank has for me in its out (ranks).  Collective. */
static inline void hl_trade_counts(const hl_group *g, int *in, const int *out)
{
    int *ones = hl_alloc(2 * (size_t)g->size * sizeof *ones), *place = ones + g->size;
    for (int q = 0; q < g->size; q++) ones[q] = 1, place[q] = q;
    hl_group_all_to_all(g, in, ones, place, out, ones, place, sizeof *in);
    free(ones);
}

#endif
