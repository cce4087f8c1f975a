/* idmatch.c - which items have a row in the text file, and which would have one if ids were written alike.
 *
 * Two ids have one plain form only if the digests of these forms agree, so the digest says which rank compares them.
 * The ids of rows, those that are items' ids and those that are not, lie in a table by the digest (open addressing);
 * each item without a row looks there. */
#include "io/dataset/idmatch.h"
#include "base/arena.h"
#include "base/digest.h"
#include <stdlib.h>
#include <string.h>

/* Ids one after the other, in the order of the file, each as often as it comes. */
typedef struct {
    char *bytes;
    uint64_t *begin;  /* (count + 1) */
    uint64_t *digest; /* (count) of plain forms */
    size_t n_bytes, room_bytes;
    int64_t count, room;
} id_list;

struct hl_idmatch {
    const hl_idtable *items;
    int rank, ranks;
    bool *has_row;             /* (items) */
    id_list unused;            /* ids of rows without an item, those that I compare */
    char first[2][HL_EXCERPT]; /* rank 0: the first of all */
};

/* The id of a row: the number of an item, or -1 - its number among the unused. */
typedef struct {
    uint64_t digest;
    int64_t row;
    bool is_taken;
} place;

typedef struct {
    const hl_idmatch *m;
    uint64_t *digest; /* (items) of plain forms */
    place *places;    /* (mask + 1) */
    size_t mask;
} table;

static void list_add(id_list *l, const char *id, size_t n, uint64_t digest)
{
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 256;
        l->begin = hl_realloc(l->begin, ((size_t)l->room + 1) * sizeof *l->begin);
        l->digest = hl_realloc(l->digest, (size_t)l->room * sizeof *l->digest);
        if (l->count == 0) l->begin[0] = 0;
    }
    if (l->n_bytes + n > l->room_bytes) {
        l->room_bytes = 2 * (l->n_bytes + n);
        l->bytes = hl_realloc(l->bytes, l->room_bytes);
    }
    if (n) memcpy(l->bytes + l->n_bytes, id, n);
    l->n_bytes += n;
    l->digest[l->count] = digest;
    l->begin[++l->count] = l->n_bytes;
}

static void list_free(id_list *l)
{
    free(l->bytes);
    free(l->begin);
    free(l->digest);
}

hl_idmatch *hl_idmatch_new(const hl_idtable *items, int rank, int ranks)
{
    hl_idmatch *m = hl_alloc_zero(1, sizeof *m);
    *m = (hl_idmatch){.items = items, .rank = rank, .ranks = ranks};
    m->has_row = hl_alloc_zero((size_t)hl_idtable_count(items), sizeof *m->has_row);
    return m;
}

void hl_idmatch_free(hl_idmatch *m)
{
    if (!m) return;
    list_free(&m->unused);
    free(m->has_row);
    free(m);
}

static uint64_t plain_digest(const char *id, size_t n)
{
    char plain[HL_FORM_LONGEST];
    if (n > HL_FORM_LONGEST) return hl_digest(id, n);
    return hl_digest(plain, hl_id_plain(plain, id, n));
}

/* High bits: the low ones choose the place in the table. */
static bool is_mine(const hl_idmatch *m, uint64_t digest)
{
    return (digest >> 32) % (uint64_t)m->ranks == (uint64_t)m->rank;
}

static void keep_first(hl_idmatch *m, const char *id, size_t n)
{
    char text[HL_EXCERPT];
    if (m->rank != 0 || m->first[1][0]) return;
    hl_excerpt(text, id, n);
    if (strcmp(text, m->first[0]) != 0) strcpy(m->first[m->first[0][0] ? 1 : 0], text);
}

void hl_idmatch_row(hl_idmatch *m, int64_t number, const char *id, size_t n)
{
    if (number >= 0) {
        m->has_row[number] = true;
        return;
    }
    keep_first(m, id, n);
    uint64_t digest = plain_digest(id, n);
    if (is_mine(m, digest)) list_add(&m->unused, id, n, digest);
}

bool hl_idmatch_has_row(const hl_idmatch *m, int64_t number) { return m->has_row[number]; }

void hl_idmatch_unmatched(const hl_idmatch *m, char items[2][HL_EXCERPT], char rows[2][HL_EXCERPT])
{
    int found = 0;
    memset(items, 0, 2 * HL_EXCERPT);
    memcpy(rows, m->first, sizeof m->first);
    for (int64_t i = 0; i < hl_idtable_count(m->items) && found < 2; i++) {
        size_t n;
        const char *id = hl_idtable_at(m->items, i, &n);
        if (!m->has_row[i]) hl_excerpt(items[found++], id, n);
    }
}

static const char *id_of(const hl_idmatch *m, int64_t row, size_t *n)
{
    const id_list *l = &m->unused;
    if (row >= 0) return hl_idtable_at(m->items, row, n);
    *n = (size_t)(l->begin[-row] - l->begin[-1 - row]);
    return l->bytes + l->begin[-1 - row];
}

/* The place of a digest, or the free one where it belongs. */
static place *place_of(const table *t, uint64_t digest)
{
    size_t i = (size_t)digest & t->mask;
    while (t->places[i].is_taken && t->places[i].digest != digest) i = (i + 1) & t->mask;
    return &t->places[i];
}

static void put(table *t, uint64_t digest, int64_t row)
{
    place *p = place_of(t, digest);
    if (!p->is_taken)
        *p = (place){digest, row, true}; /* of several the first, so that all numbers of ranks show one pair */
}

static void fill(table *t)
{
    const hl_idmatch *m = t->m;
    for (int64_t i = 0; i < hl_idtable_count(m->items); i++)
        if (m->has_row[i] && is_mine(m, t->digest[i])) put(t, t->digest[i], i);
    for (int64_t i = 0; i < m->unused.count; i++) put(t, m->unused.digest[i], -1 - i);
}

static table table_of(const hl_idmatch *m)
{
    table t = {.m = m, .mask = 15};
    int64_t items = hl_idtable_count(m->items), rows = m->unused.count;
    size_t n;
    t.digest = hl_alloc((size_t)items * sizeof *t.digest);
    for (int64_t i = 0; i < items; i++) {
        const char *id = hl_idtable_at(m->items, i, &n);
        t.digest[i] = plain_digest(id, n);
        rows += is_mine(m, t.digest[i]);
    }
    while (t.mask < 2 * (size_t)rows) t.mask = 2 * t.mask + 1;
    t.places = hl_alloc_zero(t.mask + 1, sizeof *t.places);
    fill(&t);
    return t;
}

/* An item without a row, and a row of the same plain form. */
static void count(hl_idmatch_forms *f, const hl_idmatch *m, int64_t item, int64_t row)
{
    size_t n, k;
    const char *a = hl_idtable_at(m->items, item, &n), *b = id_of(m, row, &k);
    if (n > HL_FORM_LONGEST || k > HL_FORM_LONGEST) return;
    hl_form form = hl_id_difference(a, n, b, k);
    if (f->count[form]++ > 0) return;
    f->first[form] = item;
    hl_excerpt(f->pair[form][0], a, n);
    hl_excerpt(f->pair[form][1], b, k);
}

static bool all_have_rows(const hl_idmatch *m)
{
    return !memchr(m->has_row, false, (size_t)hl_idtable_count(m->items));
}

void hl_idmatch_compare(hl_idmatch_forms *f, const hl_idmatch *m)
{
    *f = (hl_idmatch_forms){.count = {0}};
    for (int k = 0; k < HL_FORMS; k++) f->first[k] = INT64_MAX;
    if (all_have_rows(m)) return;
    table t = table_of(m);
    for (int64_t i = 0; i < hl_idtable_count(m->items); i++) {
        if (m->has_row[i] || !is_mine(m, t.digest[i])) continue;
        const place *p = place_of(&t, t.digest[i]);
        if (p->is_taken) count(f, m, i, p->row);
    }
    free(t.digest);
    free(t.places);
}
