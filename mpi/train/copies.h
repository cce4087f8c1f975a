/* copies.h - are all copies of the weights the same?
 *
 * Numbers that several ranks hold must be equal to the bit: a share that other replicas have too, a tensor that
 * tensor parallelism does not divide, and AdamW's moments where each replica keeps them whole.  Copies part where a
 * machine has another file than the others, or where a bit of its memory flips.  Nothing else would notice: each
 * copy goes on by itself. */
#ifndef MPI_TRAIN_COPIES_H
#define MPI_TRAIN_COPIES_H
#include "mpi/train/engine.h"

/* Compare the digests of what this rank holds with all other ranks, by one gather of a few words; with `moments`
 * those of AdamW too.  HL_ENUMERIC on all ranks where they differ: `where`, the first tensor that differs, both
 * ranks and hosts, and `advice`.  Called between steps.  Collective over world, the group of all ranks. */
hl_status hl_copies_check(const hl_group *world, const hl_engine *e, bool moments, const char *where,
                          const char *advice);

#endif
