/* budget.h - the ranks of a replica agree which micro-batches save their activations for the backward. */
#ifndef MPI_TRAIN_BUDGET_H
#define MPI_TRAIN_BUDGET_H
#include "step/activations.h"
#include "mpi/train/mesh.h"

/* Set save_history and save_negatives_only of the share (step/layout.h): activations are saved while they stay within
 * `budget` bytes a rank, on all ranks of the replica, and with share->lockstep of all replicas.  bytes
 * (micro_batches): those of each micro-batch of this rank's replica.  Negative: all are saved.  Collective over the
 * item ranks. */
void hl_budget_choose(hl_share *share, const hl_mesh *mesh, const hl_plan *p, const int64_t *bytes, int64_t budget,
                      hl_arena *scratch);

#endif
