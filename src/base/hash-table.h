/* hash-table.h - the numbers of things by the hashes of their keys: open addressing with linear probing.
 *
 * The things lie in an array of their owner's, who gives each a number below UINT32_MAX and knows its key.  The table
 * keeps numbers, each with 32 bits of its hash, and offers those whose key may be the one that is looked for:
 *
 *     for (hl_hash_walk w = hl_hash_table_walk(t, hash); hl_hash_table_next(t, &w);)
 *         if (key of thing w.number is key) return w.number;
 *     hl_hash_table_add(t, hash, n);
 *
 * Numbers of one hash are offered in the order in which they were added.  Start from {0}, release with
 * hl_hash_table_free.  Memory: 12 to 24 bytes a number. */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t hash, next_number; /* the number + 1; 0: free */
} hl_hash_slot;

typedef struct {
    hl_hash_slot *slot;
    size_t slots, n; /* a power of two, or 0; numbers that are there, at most two thirds of the slots */
    bool is_lent;    /* slots are an arena's */
} hl_hash_table;

typedef struct {
    uint32_t hash, number;
    size_t at;
} hl_hash_walk;

/* A table for at most so many numbers, whose slots come from the arena and go back with its mark. */
hl_hash_table hl_hash_table_in(hl_arena *arena, size_t most);

/* hash: 64 bits that depend on the whole key, as hl_digest (base/digest.h) gives them. */
void hl_hash_table_add(hl_hash_table *t, uint64_t hash, uint32_t number);
void hl_hash_table_free(hl_hash_table *t);

/* A hash of a number. */
static inline uint64_t hl_hash_of(uint64_t key) { return key * 0x9E3779B97F4A7C15u; }

static inline uint32_t hl_hash_fold(uint64_t hash) { return (uint32_t)(hash >> 32) ^ (uint32_t)hash; }

static inline hl_hash_walk hl_hash_table_walk(const hl_hash_table *t, uint64_t hash)
{
    const uint32_t folded = hl_hash_fold(hash);
    return (hl_hash_walk){folded, 0, t->slots ? folded & (t->slots - 1) : 0};
}

/* The next number that was added with this hash, or with one that is taken for it; false where there is none. */
static inline bool hl_hash_table_next(const hl_hash_table *t, hl_hash_walk *w)
{
    if (!t->slots) return false;
    for (; t->slot[w->at].next_number; w->at = (w->at + 1) & (t->slots - 1)) {
        if (t->slot[w->at].hash != w->hash) continue;
        w->number = t->slot[w->at].next_number - 1;
        w->at = (w->at + 1) & (t->slots - 1);
        return true;
    }
    return false;
}

#endif
