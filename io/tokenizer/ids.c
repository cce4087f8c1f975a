/* ids.c - the token ids of a text, as they come. */
#include "io/tokenizer/ids.h"
#include "base/array.h"
#include "base/error.h"
#include <limits.h>
#include <stdlib.h>

void hl_ids_push(hl_ids *ids, int32_t id)
{
    HL_CHECK(ids->n < INT_MAX);
    HL_RESERVE(ids->at, ids->room, ids->n + 1);
    ids->at[ids->n++] = id;
}

void hl_ids_push_all(hl_ids *to, const hl_ids *ids)
{
    for (int i = 0; i < ids->n; i++) hl_ids_push(to, ids->at[i]);
    to->dropped += ids->dropped;
}

void hl_ids_free(hl_ids *ids)
{
    free(ids->at);
    *ids = (hl_ids){0};
}
