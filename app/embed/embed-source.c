/* embed-source.c - what all sources of vectors have in common: digests of rows, and which of them are equal. */
#include "app/embed/embed-source.h"
#include "base/alloc.h"
#include "base/hash-table.h"
#include "base/part.h"
#include <stdlib.h>

void hl_embed_source_rows(hl_embed_source *s, int64_t rows)
{
    s->rows = rows;
    s->digest = hl_alloc_zero((size_t)rows + 1, sizeof *s->digest);
}

int64_t hl_embed_source_begin(const hl_embed_source *s)
{
    return hl_part_begin(s->rows, s->job->world->size, s->job->world->rank);
}

int64_t hl_embed_source_end(const hl_embed_source *s)
{
    return hl_part_begin(s->rows, s->job->world->size, s->job->world->rank + 1);
}

void hl_embed_source_share(const hl_embed_source *s, uint64_t *x)
{
    hl_group_all_reduce_int(s->job->world, (int64_t *)x, (size_t)s->rows);
}

/* The row joins the last of those that are equal to it, or begins a list of its own. */
static void join(hl_embed_source *s, const uint64_t *key, hl_hash_table *known, int32_t *last, int32_t row)
{
    s->next[row] = -1;
    for (hl_hash_walk w = hl_hash_table_walk(known, s->digest[row]); hl_hash_table_next(known, &w);) {
        const int32_t first = s->first[w.number];
        if (s->digest[first] != s->digest[row] || key[first] != key[row]) continue;
        s->next[last[w.number]] = row;
        last[w.number] = row;
        return;
    }
    hl_hash_table_add(known, s->digest[row], (uint32_t)s->distinct);
    last[s->distinct] = row;
    s->first[s->distinct++] = row;
}

void hl_embed_source_join(hl_embed_source *s, const uint64_t *key)
{
    hl_hash_table known = {0};
    const size_t n = (size_t)s->rows + 1;
    int32_t *last = hl_alloc(n * sizeof *last);
    s->first = hl_alloc(n * sizeof *s->first);
    s->next = hl_alloc(n * sizeof *s->next);
    s->distinct = 0;
    for (int32_t row = 0; row < s->rows; row++) join(s, key, &known, last, row);
    free(last);
    hl_hash_table_free(&known);
}
