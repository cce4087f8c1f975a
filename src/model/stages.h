/* stages.h - which layers a stage of a pipeline has.
 *
 * last_only: one row of each sequence is read out, as with [ITEM] pooling; then the last layer computes keys and
 * values of all rows, and the rest of that one (hl_pack.last_only). */
#ifndef MODEL_STAGES_H
#define MODEL_STAGES_H
#include "model/transformer.h"

/* The layers of a stage. */
hl_transformer_layers hl_stages_layers(const hl_transformer *shape, bool last_only, int stage, int stages);

/* How many whole layers cost as much as those of the stage. */
double hl_stages_work(const hl_transformer *shape, bool last_only, int stage, int stages);

#endif
