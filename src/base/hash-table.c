/* hash-table.c - the numbers of things by the hashes of their keys. */
#include "base/hash-table.h"
#include "base/error.h"
#include <stdlib.h>

enum { FIRST = 16 };

static void put(hl_hash_table *t, hl_hash_slot s)
{
    size_t at = s.hash & (t->slots - 1);
    while (t->slot[at].next_number) at = (at + 1) & (t->slots - 1);
    t->slot[at] = s;
}

/* Each number lies before all that were added after it with its hash, so the walk over the old slots begins behind a
 * free one: those at the front may have come over the end. */
static void grow(hl_hash_table *t)
{
    const hl_hash_table old = *t;
    size_t first = 0;
    t->slots = old.slots ? 2 * old.slots : FIRST;
    t->slot = hl_alloc_zero(t->slots, sizeof *t->slot);
    while (first < old.slots && old.slot[first].next_number) first++;
    for (size_t i = 0; i < old.slots; i++) {
        const hl_hash_slot s = old.slot[(first + i) & (old.slots - 1)];
        if (s.next_number) put(t, s);
    }
    free(old.slot);
}

hl_hash_table hl_hash_table_in(hl_arena *arena, size_t most)
{
    size_t slots = FIRST;
    while (slots < 2 * most) slots *= 2;
    return (hl_hash_table){HL_TAKE_ZERO(arena, hl_hash_slot, slots), slots, 0, true};
}

void hl_hash_table_add(hl_hash_table *t, uint64_t hash, uint32_t number)
{
    HL_CHECK(number < UINT32_MAX);
    if (!t->is_lent && 3 * (t->n + 1) > 2 * t->slots) grow(t);
    HL_CHECK(t->n + 1 < t->slots);
    put(t, (hl_hash_slot){hl_hash_fold(hash), number + 1});
    t->n++;
}

void hl_hash_table_free(hl_hash_table *t)
{
    if (!t->is_lent) free(t->slot);
    *t = (hl_hash_table){0};
}
