/* shards.h - which numbers of an array each of p replicas has: a block of rows of each part of the array.
 *
 * The parts are the whole array; or what lies before the layers, each layer, and what lies after: so each replica has
 * as much to send at a layer as the others, and as much to receive. */
#ifndef MODEL_SHARDS_H
#define MODEL_SHARDS_H
#include "model/params.h"
#include <stdbool.h>

/* Numbers [begin, end) of an array. */
typedef struct {
    size_t begin, end;
} hl_span;

typedef struct {
    int p, parts;
    size_t *part;  /* (parts + 1) where they begin */
    size_t *begin; /* (parts, p + 1) block r of a part is [begin[r], begin[r + 1]) of its row; may be empty */
} hl_shards;

/* Local; release with hl_shards_close. */
void hl_shards_open(hl_shards *s, const hl_params *t, bool by_layers, int p);
void hl_shards_close(hl_shards *s);

/* Where the parts begin, (parts + 1); the caller frees it.  Local. */
size_t *hl_shards_parts(int *parts, const hl_params *t, bool by_layers);

/* Of the part that number `at` belongs to: where its blocks begin, (p + 1); the block of replica r. */
const size_t *hl_shards_of(const hl_shards *s, size_t at);
hl_span hl_shards_block(const hl_shards *s, int r, size_t at);

#endif
