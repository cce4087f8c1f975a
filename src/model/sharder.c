/* sharder.c - a model whose numbers are all here needs nobody to bring them. */
#include "model/sharder.h"

static void nothing(const hl_sharder *k, int layer) { (void)k, (void)layer; }

const hl_sharder hl_unsharded = {.unshard = nothing, .reshard = nothing, .done = nothing};
