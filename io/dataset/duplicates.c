/* duplicates.c - which items say the same. */
#include "io/dataset/duplicates.h"
#include "base/arena.h"
#include <stdlib.h>
#include <string.h>

/* Open addressing; a digest is its own hash. */
void hl_duplicates_find(int32_t *first_equal, const uint64_t *digest, int64_t n)
{
    size_t slots = 16;
    while (slots < 2 * (size_t)n) slots *= 2;
    int32_t *first = hl_alloc(slots * sizeof *first);
    memset(first, -1, slots * sizeof *first);
    for (int64_t i = 0; i < n; i++) {
        size_t at = (size_t)digest[i] & (slots - 1);
        while (first[at] >= 0 && digest[first[at]] != digest[i]) at = (at + 1) & (slots - 1);
        if (first[at] < 0) first[at] = (int32_t)i;
        first_equal[i] = first[at];
    }
    free(first);
}
