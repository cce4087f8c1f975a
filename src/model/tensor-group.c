/* tensor-group.c - a model that one process holds whole needs nobody. */
#include "model/tensor-group.h"

static void nothing_to_add(const hl_tensor_group *p, float *y, size_t n) { (void)p, (void)y, (void)n; }

const hl_tensor_group hl_alone = {.rank = 0, .size = 1, .stage = 0, .stages = 1, .all_reduce = nothing_to_add};
