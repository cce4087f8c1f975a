/* idcount.h - counts of ids over all ranks, each of which knows some ids.
 *
 * The digest of an id names its owner among the ranks, who adds what the others count and answers their questions.  So
 * no rank holds the ids of all.  All functions are collective. */
#ifndef IO_DATASET_IDCOUNT_H
#define IO_DATASET_IDCOUNT_H
#include "base/strings.h"
#include "io/dataset/idtable.h"
#include "mpi/comm/group.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct hl_idcount hl_idcount;

/* For the ids of my table.  g and mine are borrowed; the table stays as it is. */
hl_idcount *hl_idcount_new(const hl_group *g, hl_idtable *mine);
void hl_idcount_free(hl_idcount *c); /* local */

/* count (ids of my table) becomes what all ranks count of each id. */
void hl_idcount_sum(hl_idcount *c, int64_t *count);

/* How many ids of all ranks had a sum above 0, the last time that sums were made. */
int64_t hl_idcount_above_zero(const hl_idcount *c);

/* sum (ids): the last sum of each of some ids; 0 where no rank knows it.  These ids count as asked for. */
void hl_idcount_ask(hl_idcount *c, const hl_strings *ids, int64_t *sum);

/* Of ids with a sum above 0: how many were never asked for, and how often one was asked for that had been before. */
void hl_idcount_asked(const hl_idcount *c, int64_t *never, int64_t *again);

#endif
