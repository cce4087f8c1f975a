/* ledger.h - digests and sketches of every tensor after a step, which do not depend on the layout.
 *
 * Two runs with equal ledgers had the same gradients and weights to the bit.  Where ledgers differ, the first line
 * and tensor that differ say where a layout goes wrong, and the sketches by how much (math/sketch.h). */
#ifndef MPI_TRAIN_LEDGER_H
#define MPI_TRAIN_LEDGER_H
#include "math/sketch.h"
#include "mpi/train/engine.h"

typedef struct {
    int n;                             /* tensors of both sides, the Item LLM's first, the same on every rank */
    const char **name;                 /* (n) those of the engine */
    int *place[HL_SIDES];              /* which of them each tensor of my share is */
    hl_sketch_sums *gradient, *weight; /* (n) each, one after the other */
} hl_ledger;

/* Close it before the engine.  Local. */
void hl_ledger_open(hl_ledger *l, const hl_engine *e);
void hl_ledger_close(hl_ledger *l);

/* Gradients (summed over replicas and peers, not clipped) and weights as hl_step_run has left them, added over the
 * ranks in one reduction.  Collective over all ranks of the mesh. */
void hl_ledger_note(hl_ledger *l, const hl_engine *e);

#endif
