/* shards.c - which numbers of an array each of p replicas has: a block of rows of each part of the array. */
#include "model/shards.h"
#include "base/alloc.h"
#include "base/error.h"
#include <stdlib.h>

size_t *hl_shards_parts(int *parts, const hl_params *t, bool by_layers)
{
    size_t *part = hl_alloc((size_t)(t->n + 4) * sizeof *part);
    *parts = by_layers ? hl_params_layers(part + 1, t) + 2 : 1;
    part[0] = 0;
    part[*parts] = t->count;
    return part;
}

void hl_shards_open(hl_shards *s, const hl_params *t, bool by_layers, int p)
{
    *s = (hl_shards){.p = p};
    s->part = hl_shards_parts(&s->parts, t, by_layers);
    s->begin = hl_alloc((size_t)s->parts * (size_t)(p + 1) * sizeof *s->begin);
    for (int k = 0; k < s->parts; k++)
        for (int r = 0; r <= p; r++) s->begin[k * (p + 1) + r] = hl_params_cut(t, s->part[k], s->part[k + 1], p, r);
}

void hl_shards_close(hl_shards *s)
{
    free(s->begin);
    free(s->part);
    *s = (hl_shards){0};
}

/* The last part that begins at this number or before it: an empty part has none. */
const size_t *hl_shards_of(const hl_shards *s, size_t at)
{
    int low = 0, high = s->parts;
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (s->part[middle] <= at) low = middle;
        else high = middle;
    }
    return s->begin + low * (s->p + 1);
}

hl_span hl_shards_block(const hl_shards *s, int r, size_t at)
{
    HL_CHECK(r >= 0 && r < s->p);
    const size_t *begin = hl_shards_of(s, at);
    return (hl_span){begin[r], begin[r + 1]};
}
