/* timed.h - what takes time in a rehearsal: the models, the loss and the update, as hllm plan prices them.
 *
 * A timed model is the real one, which computes nothing (math/nothing.c), and lets the simulated clock go on by
 * the seconds of each layer where the layer would be computed.  So sums over the ranks of a stage, weights that are
 * gathered layer by layer and sums that begin while the last backward goes on come when they would come. */
#ifndef APP_REHEARSE_TIMED_H
#define APP_REHEARSE_TIMED_H
#include "model/models.h"
#include "step/machine.h"

/* Whose seconds they are.  First. */
void hl_timed_machine(const hl_machine *m);

/* Timed ones, in the place of these.  Every criterion of math/criterion.h is timed. */
const hl_models *hl_timed_models(const hl_models *real);

#endif
