/* idmatch.c - which items have a row in the text file, and which would have one if ids were written alike.
 *
 * Two ids have one plain form only if the digests of these forms agree, so the digest says which rank compares them.
 * The ids of rows, those that are items' ids and those that are not, lie in a table by the digest; each
 * item without a row looks there. */
#include "io/dataset/idmatch.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/hash-table.h"
#include "base/strings.h"
#include <stdlib.h>
#include <string.h>

/* Ids in the order of the file, each as often as it comes. */
typedef struct {
    hl_strings ids;
    uint64_t *digest; /* (ids.n) of plain forms */
    size_t room;
} id_list;

struct hl_idmatch {
    const hl_idtable *items;
    int rank, ranks;
    bool *has_row;             /* (items) */
    id_list unused;            /* ids of rows without an item, those that I compare */
    char first[2][HL_EXCERPT]; /* rank 0: the first of all */
};

/* Ids of rows by their digests.  The number of one is that of an item, or, from the number of items on, among the
 * unused. */
typedef struct {
    const hl_idmatch *m;
    uint64_t *digest; /* (items) of plain forms */
    hl_hash_table rows;
} table;

static void list_add(id_list *l, const char *id, size_t n, uint64_t digest)
{
    HL_RESERVE(l->digest, l->room, l->ids.n + 1);
    l->digest[l->ids.n] = digest;
    hl_strings_add(&l->ids, id, n);
}

static void list_free(id_list *l)
{
    hl_strings_free(&l->ids);
    free(l->digest);
}

hl_idmatch *hl_idmatch_new(const hl_idtable *items, int rank, int ranks)
{
    hl_idmatch *m = hl_alloc_zero(1, sizeof *m);
    *m = (hl_idmatch){.items = items, .rank = rank, .ranks = ranks, .unused = {.ids = hl_strings_new()}};
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
    const int64_t items = hl_idtable_count(m->items);
    return row < items ? hl_idtable_at(m->items, row, n) : hl_strings_at(&m->unused.ids, row - items, n);
}

static uint64_t digest_of(const table *t, int64_t row)
{
    const int64_t items = hl_idtable_count(t->m->items);
    return row < items ? t->digest[row] : t->m->unused.digest[row - items];
}

/* The row of a digest; -1: there is none. */
static int64_t row_of(const table *t, uint64_t digest)
{
    for (hl_hash_walk w = hl_hash_table_walk(&t->rows, digest); hl_hash_table_next(&t->rows, &w);)
        if (digest_of(t, w.number) == digest) return w.number;
    return -1;
}

/* Of several of one digest the first, so that all numbers of ranks show one pair. */
static void put(table *t, int64_t row)
{
    const uint64_t digest = digest_of(t, row);
    if (row_of(t, digest) < 0) hl_hash_table_add(&t->rows, digest, (uint32_t)row);
}

static void fill(table *t)
{
    const hl_idmatch *m = t->m;
    const int64_t items = hl_idtable_count(m->items), rows = items + m->unused.ids.n;
    HL_CHECK(rows < UINT32_MAX);
    for (int64_t i = 0; i < items; i++)
        if (m->has_row[i] && is_mine(m, t->digest[i])) put(t, i);
    for (int64_t i = items; i < rows; i++) put(t, i);
}

static table table_of(const hl_idmatch *m)
{
    table t = {.m = m};
    int64_t items = hl_idtable_count(m->items);
    size_t n;
    t.digest = hl_alloc((size_t)items * sizeof *t.digest);
    for (int64_t i = 0; i < items; i++) {
        const char *id = hl_idtable_at(m->items, i, &n);
        t.digest[i] = plain_digest(id, n);
    }
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
        const int64_t row = row_of(&t, t.digest[i]);
        if (row >= 0) count(f, m, i, row);
    }
    free(t.digest);
    hl_hash_table_free(&t.rows);
}
