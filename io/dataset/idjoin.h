/* idjoin.h - join the id tables of the ranks, each of a part of a file, into the table of the whole file. */
#ifndef IO_DATASET_IDJOIN_H
#define IO_DATASET_IDJOIN_H
#include "io/dataset/idtable.h"
#include "mpi/comm/group.h"
#include <stdbool.h>

/* *t becomes the table that one rank would have made of all parts in the order of the ranks.  number (count of the
 * old table; release with free): the new number of each id of the old table.  False on all ranks where the joined
 * table would be too full; then *t may only be freed.  Collective. */
bool hl_ids_join(hl_idtable **t, int32_t **number, const hl_group *g);

#endif
