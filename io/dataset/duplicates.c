/* duplicates.c - which items say the same. */
#include "io/dataset/duplicates.h"
#include "base/hash-table.h"

static int64_t first_of(const hl_hash_table *t, const uint64_t *digest, uint64_t wanted)
{
    for (hl_hash_walk w = hl_hash_table_walk(t, wanted); hl_hash_table_next(t, &w);)
        if (digest[w.number] == wanted) return w.number;
    return -1;
}

/* A digest is its own hash. */
void hl_duplicates_find(int32_t *first_equal, const uint64_t *digest, int64_t n)
{
    hl_hash_table firsts = {0};
    for (int64_t i = 0; i < n; i++) {
        const int64_t first = first_of(&firsts, digest, digest[i]);
        if (first < 0) hl_hash_table_add(&firsts, digest[i], (uint32_t)i);
        first_equal[i] = (int32_t)(first < 0 ? i : first);
    }
    hl_hash_table_free(&firsts);
}
