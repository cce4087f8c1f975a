/* pool.h - the items that negatives are drawn from.
 *
 * The public code draws any item of the catalogue.  Under a temporal split an item whose first interaction is
 * later than the training part would be met as a negative alone, which tells the model that nobody will ever want
 * it; so the pool is then the items of the training parts. */
#ifndef DATA_POOL_H
#define DATA_POOL_H
#include "data/corpus.h"

typedef struct {
    int64_t n;
    int32_t *item; /* (n) ascending; NULL: items 1 to n */
} hl_pool;

/* Looks at all users where the split is temporal.  Local. */
void hl_pool_open(hl_pool *p, const hl_corpus *corpus);
void hl_pool_close(hl_pool *p);

/* Item i of the pool. */
static inline int32_t hl_pool_at(const hl_pool *p, int64_t i) { return p->item ? p->item[i] : (int32_t)(1 + i); }

#endif
