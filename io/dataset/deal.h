/* deal.h - the rows of a table are cut into shards, and the shards are dealt to the ranks like cards.
 *
 * Shard k has the rows [k * per, (k + 1) * per), the last shard fewer, and belongs to rank k mod ranks.  A rank
 * keeps its rows in slots, in the order of the rows. */
#ifndef IO_DATASET_DEAL_H
#define IO_DATASET_DEAL_H
#include "base/minmax.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t rows, per;
    int rank, ranks;
} hl_deal;

static inline int64_t hl_deal_shards(const hl_deal *d) { return (d->rows + d->per - 1) / d->per; }

static inline int64_t hl_deal_rows(const hl_deal *d, int64_t shard)
{
    int64_t left = d->rows - shard * d->per;
    return hl_min(left, d->per);
}

/* The rank of a row. */
static inline int hl_deal_owner(const hl_deal *d, int64_t row) { return (int)(row / d->per % d->ranks); }

/* Where my row is kept; -1: it is not mine. */
static inline int64_t hl_deal_slot(const hl_deal *d, int64_t row)
{
    int64_t shard = row / d->per;
    return shard % d->ranks == d->rank ? shard / d->ranks * d->per + row % d->per : -1;
}

/* The row that a slot keeps. */
static inline int64_t hl_deal_row(const hl_deal *d, int64_t slot)
{
    return (slot / d->per * d->ranks + d->rank) * d->per + slot % d->per;
}

/* How many slots I have: each of my shards has `per` rows, but the last shard of the table may have fewer. */
static inline int64_t hl_deal_slots(const hl_deal *d)
{
    int64_t shards = hl_deal_shards(d), mine = (shards + d->ranks - 1 - d->rank) / d->ranks;
    bool has_last = shards > 0 && (shards - 1) % d->ranks == d->rank;
    return mine * d->per - (has_last ? shards * d->per - d->rows : 0);
}

#endif
