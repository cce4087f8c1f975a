/* stages.c - which layers a stage of a pipeline has. */
#include "model/stages.h"

/* Texts are a hundred tokens or so: of the last layer only every hundredth row is computed whole. */
enum { USUAL_LENGTH = 100 };

/* Where any other layer costs 1. */
static double last_cost(const hl_transformer *shape, bool last_only)
{
    return last_only ? hl_transformer_last_cost(shape, USUAL_LENGTH) : 1;
}

hl_transformer_layers hl_stages_layers(const hl_transformer *shape, bool last_only, int stage, int stages)
{
    return hl_transformer_layers_of(shape, stage, stages, last_cost(shape, last_only));
}

double hl_stages_work(const hl_transformer *shape, bool last_only, int stage, int stages)
{
    const hl_transformer_layers x = hl_stages_layers(shape, last_only, stage, stages);
    const bool has_last = x.end == shape->num_hidden_layers && x.end > x.begin;
    return x.end - x.begin - (has_last ? 1 - last_cost(shape, last_only) : 0);
}
