/* copies.h - are all copies of the weights the same?
 *
 * Numbers that several ranks hold must be equal to the bit: those of a share that other replicas have too, those of
 * a tensor that tensor parallelism does not divide, and AdamW's moments where each copy keeps them whole.  They part
 * where a machine has another file than the others or a bit of its memory flips, and nothing else would tell: each
 * copy goes on with its own. */
#ifndef MPI_COPIES_H
#define MPI_COPIES_H
#include "mpi/engine.h"

/* Compare digests of what this rank holds with all others', by one gather of a few words; with moments those of
 * AdamW too.  HL_ENUMERIC on all ranks where they differ: `where`, the first tensor that does, both ranks and hosts,
 * and `advice`.  Between steps.  Collective over world, the group of all ranks, whose numbers the sentence has. */
hl_status hl_copies_check(const hl_group *world, const hl_engine *e, bool moments, const char *where,
                          const char *advice);

#endif
