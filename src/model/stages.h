/* stages.h - which layers a stage of a pipeline has, of either side. */
#ifndef MODEL_STAGES_H
#define MODEL_STAGES_H
#include "model/transformer.h"
#include "model/side.h"

/* What the last layer of a side costs, where any other costs 1: where one row of each text is read out ([ITEM] pooling,
 * item_tokens 1), the last layer of the Item LLM computes keys and values of all rows and the rest of that one. */
double hl_stages_last_cost(hl_side side, const hl_transformer *shape, int item_tokens);

/* The layers of a stage. */
hl_transformer_layers hl_stages_layers(hl_side side, const hl_transformer *shape, int item_tokens, int stage,
                                       int stages);

/* How many whole layers cost as much as those of the stage. */
double hl_stages_work(hl_side side, const hl_transformer *shape, int item_tokens, int stage, int stages);

#endif
