/* activations.h - the bytes that a forward saves for its backward, and which micro-batches fit a budget of them.
 *
 * The first micro-batches of a replica save their activations, as many as fit on each of its ranks; the others are
 * recomputed in the backward; where items are frozen there is none, and nothing is saved.  Those of the User
 * LLM, which is small beside the other, are always saved. */
#ifndef STEP_ACTIVATIONS_H
#define STEP_ACTIVATIONS_H
#include "step/layout.h"
#include "model/model.h"

/* What a model saves of a pack. */
int64_t hl_activations_bytes(const hl_model *m, const hl_pack *pack, hl_arena *scratch);

/* How many micro-batches of a replica are saved: of history items, and of negatives only (hl_share). */
typedef struct {
    int history, negatives_only;
} hl_activations_saved;

/* fit (item replicas): what fits on one rank of each, whose activations of a micro-batch take `bytes` (micro_batches);
 * budget < 0: all.  A replica saves what fits on each of its ranks, and in lockstep what fits on all: the least. */
void hl_activations_fit(hl_activations_saved *fit, const hl_layout *l, const hl_plan *p, const hl_share *share,
                        const int64_t *bytes, int64_t budget, hl_arena *scratch);
hl_activations_saved hl_activations_least(hl_activations_saved a, hl_activations_saved b);

#endif
