/* keeper.c - a model whose numbers are all here needs nobody to bring them. */
#include "model/keeper.h"

static void nothing(const hl_keeper *k, int layer)
{
    (void)k, (void)layer;
}

const hl_keeper hl_keeps_all = {.need = nothing, .leave = nothing, .done = nothing};
