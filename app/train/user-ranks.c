/* user-ranks.c - where every user's target was ranked. */
#include "app/train/user-ranks.h"
#include "base/alloc.h"
#include <stdlib.h>

bool hl_user_ranks_are_wanted(const hl_config *c) { return c->by.n > 0 || c->intervals; }

void hl_user_ranks_open(hl_user_ranks *u, int64_t users)
{
    u->rank = hl_alloc_zero((size_t)users, sizeof *u->rank);
    u->ties = hl_alloc_zero((size_t)users, sizeof *u->ties);
}

void hl_user_ranks_close(hl_user_ranks *u)
{
    free(u->rank);
    free(u->ties);
    *u = (hl_user_ranks){0};
}
