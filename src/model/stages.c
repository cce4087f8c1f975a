/* stages.c - which layers a stage of a pipeline has, of either side. */
#include "model/stages.h"

/* Texts are a hundred tokens or so: of the last layer only every hundredth row is computed whole. */
enum { USUAL_LENGTH = 100 };

double hl_stages_last_cost(hl_side side, const hl_transformer *shape, int item_tokens)
{
    return side == HL_ITEM && item_tokens ? hl_transformer_last_cost(shape, USUAL_LENGTH) : 1;
}

hl_transformer_layers hl_stages_layers(hl_side side, const hl_transformer *shape, int item_tokens, int stage,
                                       int stages)
{
    return hl_transformer_layers_of(shape, stage, stages, hl_stages_last_cost(side, shape, item_tokens));
}

double hl_stages_work(hl_side side, const hl_transformer *shape, int item_tokens, int stage, int stages)
{
    const hl_transformer_layers x = hl_stages_layers(side, shape, item_tokens, stage, stages);
    const bool has_last = x.end == shape->num_hidden_layers && x.end > x.begin;
    return x.end - x.begin - (has_last ? 1 - hl_stages_last_cost(side, shape, item_tokens) : 0);
}
