/* pool.c - the items that negatives are drawn from. */
#include "data/pool.h"
#include "base/arena.h"
#include <stdbool.h>
#include <stdlib.h>

static void mark_training(bool *is_known, const hl_corpus *corpus)
{
    for (int64_t u = 0; u < corpus->users; u++) {
        int n;
        const int32_t *item = hl_corpus_training(corpus, u, &n);
        for (int i = 0; i < n; i++) is_known[item[i]] = true;
    }
}

void hl_pool_open(hl_pool *p, const hl_corpus *corpus)
{
    *p = (hl_pool){.n = corpus->items - 1};
    if (corpus->split.rule.kind == HL_LEAVE_TWO_OUT) return;
    bool *is_known = hl_alloc_zero((size_t)corpus->items, sizeof *is_known);
    mark_training(is_known, corpus);
    p->item = hl_alloc((size_t)corpus->items * sizeof *p->item);
    p->n = 0;
    for (int64_t i = 1; i < corpus->items; i++)
        if (is_known[i]) p->item[p->n++] = (int32_t)i;
    free(is_known);
}

void hl_pool_close(hl_pool *p)
{
    free(p->item);
    *p = (hl_pool){0};
}
