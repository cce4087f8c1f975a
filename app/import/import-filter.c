/* import-filter.c - leave out interactions of users and items that have too few. */
#include "app/import/import-filter.h"
#include "base/arena.h"
#include "base/digest.h"
#include "io/dataset/repeats.h"
#include <stdlib.h>
#include <string.h>

/* Interactions of each item and user of my tables, over all ranks. */
typedef struct {
    int64_t *item, *user;
} counts;

static void count(counts *c, const hl_import_interactions *x)
{
    memset(c->item, 0, (size_t)hl_idtable_count(x->items) * sizeof *c->item);
    memset(c->user, 0, (size_t)hl_idtable_count(x->users) * sizeof *c->user);
    for (int64_t i = 0; i < x->begin[x->files]; i++) {
        c->item[x->row[i].item]++;
        c->user[x->row[i].user]++;
    }
    hl_idcount_sum(x->item_count, c->item);
    hl_idcount_sum(x->user_count, c->user);
}

/* Keep the rows of items and users with at least so many; how many are left out on all ranks. */
static int64_t drop(hl_import_interactions *x, hl_import_report *r, const hl_group *g, const counts *c, int min_item,
                    int min_user)
{
    int64_t kept = 0, at = 0, dropped = 0;
    for (int f = 0; f < x->files; f++) {
        for (; at < x->begin[f + 1]; at++) {
            const hl_import_row row = x->row[at];
            const bool is_rare = c->item[row.item] < min_item;
            if (is_rare) r->dropped_rare_item++, dropped++;
            else if (c->user[row.user] < min_user) r->dropped_rare_user++, dropped++;
            else x->row[kept++] = row;
        }
        x->begin[f + 1] = kept;
    }
    hl_group_all_reduce_int(g, &dropped, 1);
    return dropped;
}

void hl_import_filter_rows(hl_import_interactions *x, hl_import_report *r, const hl_group *g,
                           const hl_import_settings *s)
{
    const bool is_first = g->rank == 0, is_core = s->filter == HL_FILTER_CORE;
    int64_t rounds = 1, dropped;
    counts c = {hl_alloc((size_t)hl_idtable_count(x->items) * sizeof *c.item),
                hl_alloc((size_t)hl_idtable_count(x->users) * sizeof *c.user)};
    count(&c, x);
    const int64_t users = hl_idcount_above_zero(x->user_count), items = hl_idcount_above_zero(x->item_count);
    if (is_first) r->users_read = users, r->items_read = items;
    do {
        dropped = drop(x, r, g, &c, is_core || rounds == 1 ? s->min_item : 0, s->min_user);
        if (dropped) count(&c, x), rounds++;
    } while (dropped && (is_core || rounds == 2));
    const int64_t left_users = hl_idcount_above_zero(x->user_count), left_items = hl_idcount_above_zero(x->item_count);
    if (is_first) r->users = left_users, r->items = left_items, r->rounds = rounds;
    r->interactions = x->begin[x->files];
    free(c.item);
    free(c.user);
}

/* ---- what is odd */

static uint64_t digest_of(const hl_import_interactions *x, const hl_import_row *row)
{
    size_t n;
    const char *id = hl_idtable_at(x->items, row->item, &n);
    uint64_t digest = hl_digest_join(0, hl_digest(id, n));
    id = hl_idtable_at(x->users, row->user, &n);
    digest = hl_digest_join(digest, hl_digest(id, n));
    return hl_digest_join(digest, hl_digest(&row->time, sizeof row->time));
}

static int64_t count_repeated(const hl_import_interactions *x, const hl_group *g)
{
    const int64_t rows = x->begin[x->files];
    uint64_t *digest = hl_alloc((size_t)rows * sizeof *digest);
    for (int64_t i = 0; i < rows; i++) digest[i] = digest_of(x, &x->row[i]);
    const int64_t repeated = hl_repeats_count(g, digest, rows);
    free(digest);
    return repeated;
}

void hl_import_look(const hl_import_interactions *x, hl_import_report *r, const hl_group *g)
{
    int64_t count[HL_TIME_SIZES], n;
    int from;
    const int64_t equal = count_repeated(x, g);
    if (g->rank == 0) r->repeated = equal;
    memcpy(count, x->sizes.count, sizeof count);
    hl_group_all_reduce_int(g, count, HL_TIME_SIZES);
    if (g->rank == 0 && hl_time_sizes_gap(count, &from, &n)) r->times_apart = n;
}
