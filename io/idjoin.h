/* idjoin.h - the id tables of ranks, each of its part of a file, become that of the whole file, on all of them. */
#ifndef IO_IDJOIN_H
#define IO_IDJOIN_H
#include "io/idtable.h"
#include "mpi/group.h"
#include <stdbool.h>

/* *t becomes the table that one rank would have made of all parts in the order of ranks, and number (count of the
 * old *t, to be freed) says what number each id of the old one has in it.  False on all ranks where such a table
 * would be too full; *t is then of no use, but for being freed.  Collective. */
bool hl_ids_join(hl_idtable **t, int32_t **number, const hl_group *g);

#endif
