/* peers.c - a model that one process holds whole needs nobody. */
#include "model/peers.h"

static void nothing_to_add(const hl_peers *p, float *y, size_t n)
{
    (void)p, (void)y, (void)n;
}

const hl_peers hl_alone = {.rank = 0, .size = 1, .stage = 0, .stages = 1, .sum = nothing_to_add};
