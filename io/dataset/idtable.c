/* idtable.c - byte strings to dense numbers, in the order of first appearance. */
#include "io/dataset/idtable.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/hash-table.h"
#include <stdlib.h>
#include <string.h>

struct hl_idtable {
    hl_strings ids;
    hl_hash_table numbers;
};

hl_idtable *hl_idtable_new(void)
{
    hl_idtable *t = hl_alloc_zero(1, sizeof *t);
    t->ids = hl_strings_new();
    return t;
}

void hl_idtable_free(hl_idtable *t)
{
    if (!t) return;
    hl_strings_free(&t->ids);
    hl_hash_table_free(&t->numbers);
    free(t);
}

static int64_t find(const hl_idtable *t, const char *id, size_t n, uint64_t hash)
{
    for (hl_hash_walk w = hl_hash_table_walk(&t->numbers, hash); hl_hash_table_next(&t->numbers, &w);) {
        size_t length;
        const char *at = hl_strings_at(&t->ids, w.number, &length);
        if (length == n && memcmp(at, id, n) == 0) return w.number;
    }
    return -1;
}

int64_t hl_idtable_put(hl_idtable *t, const char *id, size_t n)
{
    const uint64_t hash = hl_digest(id, n);
    const int64_t number = find(t, id, n, hash), next = t->ids.n;
    if (number >= 0) return number;
    if (next == HL_IDTABLE_MOST) return -1;
    hl_hash_table_add(&t->numbers, hash, (uint32_t)next);
    hl_strings_add(&t->ids, id, n);
    return next;
}

int64_t hl_idtable_find(const hl_idtable *t, const char *id, size_t n) { return find(t, id, n, hl_digest(id, n)); }

int64_t hl_idtable_count(const hl_idtable *t) { return t->ids.n; }

const char *hl_idtable_at(const hl_idtable *t, int64_t i, size_t *n) { return hl_strings_at(&t->ids, i, n); }

const hl_strings *hl_idtable_strings(const hl_idtable *t) { return &t->ids; }
