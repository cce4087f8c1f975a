/* idtable.c - byte strings to dense numbers, in the order of first appearance.
 *
 * Open addressing with linear probing over slots of (number + 1, 32 bits of the hash); the bytes of all ids lie
 * one after the other.  A comparison of bytes is made only where 32 bits of the hash agree. */
#include "io/dataset/idtable.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

typedef struct {
    uint32_t number; /* plus one; 0: free */
    uint32_t tag;
} slot;

struct hl_idtable {
    slot *slots;
    size_t n_slots; /* a power of two, at most two thirds of them taken */
    char *bytes;
    size_t n_bytes, room_bytes;
    uint64_t *begin; /* (count + 1) */
    int64_t count, room;
};

static uint32_t tag_of(uint64_t hash) { return (uint32_t)(hash >> 32); }

/* Where the id is, or the free slot where it belongs. */
static slot *slot_of(const hl_idtable *t, const char *id, size_t n, uint64_t hash)
{
    size_t mask = t->n_slots - 1, i = (size_t)hash & mask;
    for (;; i = (i + 1) & mask) {
        slot *s = &t->slots[i];
        if (s->number == 0) return s;
        if (s->tag != tag_of(hash)) continue;
        uint64_t begin = t->begin[s->number - 1], end = t->begin[s->number];
        if (end - begin == n && memcmp(t->bytes + begin, id, n) == 0) return s;
    }
}

/* All ids differ, so that nothing needs to be compared. */
static void spread(hl_idtable *t, size_t n_slots)
{
    free(t->slots);
    t->n_slots = n_slots;
    t->slots = hl_alloc_zero(n_slots, sizeof *t->slots);
    for (int64_t i = 0; i < t->count; i++) {
        uint64_t hash = hl_digest(t->bytes + t->begin[i], (size_t)(t->begin[i + 1] - t->begin[i]));
        size_t at = (size_t)hash & (n_slots - 1);
        while (t->slots[at].number) at = (at + 1) & (n_slots - 1);
        t->slots[at] = (slot){(uint32_t)i + 1, tag_of(hash)};
    }
}

static void append(hl_idtable *t, const char *id, size_t n)
{
    if (t->n_bytes + n > t->room_bytes) {
        t->room_bytes = t->n_bytes + n + t->room_bytes / 2;
        t->bytes = hl_realloc(t->bytes, t->room_bytes);
    }
    if (t->count == t->room) {
        t->room += t->room / 2;
        t->begin = hl_realloc(t->begin, ((size_t)t->room + 1) * sizeof *t->begin);
    }
    memcpy(t->bytes + t->n_bytes, id, n);
    t->n_bytes += n;
    t->begin[++t->count] = t->n_bytes;
}

hl_idtable *hl_idtable_new(void)
{
    hl_idtable *t = hl_alloc_zero(1, sizeof *t);
    t->room = FIRST_SLOTS;
    t->room_bytes = FIRST_SLOTS;
    t->begin = hl_alloc(((size_t)t->room + 1) * sizeof *t->begin);
    t->begin[0] = 0;
    t->bytes = hl_alloc(t->room_bytes);
    spread(t, FIRST_SLOTS);
    return t;
}

void hl_idtable_free(hl_idtable *t)
{
    if (!t) return;
    free(t->slots);
    free(t->bytes);
    free(t->begin);
    free(t);
}

int64_t hl_idtable_put(hl_idtable *t, const char *id, size_t n)
{
    uint64_t hash = hl_digest(id, n);
    slot *s = slot_of(t, id, n, hash);
    if (s->number) return (int64_t)s->number - 1;
    if (t->count == HL_IDTABLE_MOST) return -1;
    *s = (slot){(uint32_t)t->count + 1, tag_of(hash)};
    append(t, id, n);
    if ((size_t)t->count > t->n_slots / 3 * 2) spread(t, 2 * t->n_slots);
    return t->count - 1;
}

int64_t hl_idtable_find(const hl_idtable *t, const char *id, size_t n)
{
    return (int64_t)slot_of(t, id, n, hl_digest(id, n))->number - 1;
}

int64_t hl_idtable_count(const hl_idtable *t) { return t->count; }

const char *hl_idtable_at(const hl_idtable *t, int64_t i, size_t *n)
{
    HL_CHECK(i >= 0 && i < t->count);
    *n = (size_t)(t->begin[i + 1] - t->begin[i]);
    return t->bytes + t->begin[i];
}
