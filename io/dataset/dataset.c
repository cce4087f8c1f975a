/* dataset.c - a prepared dataset, read from mapped shards.
 *
 * Rank 0 reads the manifest and shares it.  A folder may be a copy on each machine, and a copy may be damaged, so
 * the ranks that see the same folder deal its shards among them: of p such ranks number k mod p checks shard k, and
 * asks HDF5 where its arrays stand.  They share the places, so that every file is checked and parsed once a folder.
 * Everyone maps all shards, which one rank of a machine opens (io/files/relay.h). */
#include "io/dataset/dataset.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/process.h"
#include "io/dataset/deal.h"
#include "io/dataset/prepare-settings.h"
#include "io/files/reads.h"
#include "io/files/samefile.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    hl_shard file;
    hl_shard_data data[HL_SHARD_ARRAYS];
} mapped;

struct hl_dataset {
    char *folder;
    hl_manifest manifest;
    mapped *shards[HL_TABLES];
    hl_shard_place *places[HL_TABLES]; /* (shards, HL_SHARD_ARRAYS) */
    hl_corpus corpus;
};

static hl_status share_manifest(const hl_group *g, hl_dataset *d)
{
    char *text = NULL;
    size_t n = 0;
    hl_status s = hl_group_agree(g, g->rank == 0 ? hl_manifest_load(d->folder, &text, &n) : HL_OK);
    if (s == HL_OK) {
        hl_group_broadcast(g, &n, sizeof n, 0);
        if (g->rank != 0) text = hl_alloc(n);
        hl_group_broadcast(g, text, n, 0);
        s = hl_group_agree(g, hl_manifest_parse(&d->manifest, d->folder, text, n));
    }
    free(text);
    return s;
}

static hl_status shard_path(char path[PATH_MAX], const hl_dataset *d, hl_table t, int64_t k)
{
    char name[32];
    hl_manifest_shard_name(name, t, k);
    return hl_path_make(path, "%s/%s", d->folder, name);
}

static hl_status map_shards(hl_dataset *d, hl_relay *relay)
{
    char path[PATH_MAX];
    for (int t = 0; t < HL_TABLES; t++)
        for (int64_t k = 0; k < hl_manifest_shards(&d->manifest, (hl_table)t); k++) {
            HL_TRY(shard_path(path, d, (hl_table)t, k));
            HL_TRY(hl_shard_map(&d->shards[t][k].file, relay, path, d->manifest.shards[t][k].size));
        }
    return HL_OK;
}

/* Of the ranks that see the folder those of one machine have a relay. */
static hl_status map_all_shards(hl_dataset *d, const hl_group *here)
{
    hl_relay relay;
    hl_group node;
    hl_group_split_node(&node, here);
    hl_relay_open(&relay, &node);
    const hl_status s = map_shards(d, &relay);
    hl_relay_close(&relay);
    hl_group_close(&node);
    return s;
}

static hl_status use_shard(hl_dataset *d, hl_table t, int64_t k)
{
    char path[PATH_MAX];
    const hl_table_kind *kind = &hl_table_kinds[t];
    mapped *m = &d->shards[t][k];
    HL_TRY(shard_path(path, d, t, k));
    return hl_shard_use(m->data, &m->file, d->places[t] + k * HL_SHARD_ARRAYS, path, kind->arrays,
                        hl_manifest_arrays(&d->manifest, t));
}

/* begin (rows + 1) goes from 0 to n without going back, in steps of at least `least` and at most `most`. */
static bool are_lists(const hl_shard_data *begin, int64_t rows, int64_t n, int64_t least, int64_t most)
{
    const int64_t *at = begin->at;
    if (begin->n != rows + 1 || at[0] != 0 || at[rows] != n) return false;
    for (int64_t i = 0; i < rows; i++)
        if (at[i] > at[i + 1] || at[i + 1] > n || at[i + 1] - at[i] < least || at[i + 1] - at[i] > most) return false;
    return true;
}

static bool are_within(const hl_shard_data *numbers, int32_t least, int64_t below)
{
    const int32_t *at = numbers->at;
    for (int64_t i = 0; i < numbers->n; i++)
        if (at[i] < least || at[i] >= below) return false;
    return true;
}

static bool items_make_sense(const hl_manifest *m, int64_t rows, const hl_shard_data *a)
{
    return are_lists(&a[HL_ITEM_BEGIN], rows, a[HL_ITEM_TOKENS].n, 0, m->recipe.max_text_length)
           && are_lists(&a[HL_ITEM_ID_BEGIN], rows, a[HL_ITEM_ID].n, 0, INT32_MAX)
           && are_within(&a[HL_ITEM_TOKENS], 0, m->recipe.vocab) && a[HL_ITEM_DIGEST].n == rows
           && a[HL_ITEM_FIRST_EQUAL].n == rows && are_within(&a[HL_ITEM_FIRST_EQUAL], 0, m->rows[HL_ITEMS]);
}

/* 0 or 1 for each item. */
static bool are_labels(const hl_shard_data *labels, int64_t n)
{
    const uint8_t *at = labels->at;
    for (int64_t i = 0; i < labels->n; i++)
        if (at[i] > 1) return false;
    return labels->n == n;
}

static bool users_make_sense(const hl_manifest *m, int64_t rows, const hl_shard_data *a)
{
    return are_lists(&a[HL_USER_BEGIN], rows, a[HL_USER_ITEMS].n, HL_SPLIT_LEAST, INT32_MAX)
           && are_lists(&a[HL_USER_ID_BEGIN], rows, a[HL_USER_ID].n, 0, INT32_MAX)
           && (!hl_manifest_has_labels(m) || are_labels(&a[HL_USER_LABELS], a[HL_USER_ITEMS].n))
           && a[HL_USER_TIMES].n == a[HL_USER_ITEMS].n && are_within(&a[HL_USER_ITEMS], 1, m->rows[HL_ITEMS]);
}

static bool (*const make_sense[HL_TABLES])(const hl_manifest *m, int64_t rows, const hl_shard_data *a) = {
    [HL_ITEMS] = items_make_sense, [HL_USERS] = users_make_sense};

/* The digest first: HDF5 gets no bytes that we did not write. */
static hl_status check_shard(hl_dataset *d, hl_table t, int64_t k)
{
    char path[PATH_MAX];
    const hl_table_kind *kind = &hl_table_kinds[t];
    mapped *m = &d->shards[t][k];
    hl_deal deal = {d->manifest.rows[t], d->manifest.recipe.shard_rows[t], 0, 1};
    HL_TRY(shard_path(path, d, t, k));
    hl_reads_took((size_t)m->file.size);
    if (hl_digest(m->file.bytes, (size_t)m->file.size) != d->manifest.shards[t][k].digest)
        return HL_FAIL(HL_ESTORE,
                       "%s: is damaged: its digest is not the one in the manifest; remove the dataset's folder and "
                       "prepare it again",
                       path);
    HL_TRY(hl_shard_find(d->places[t] + k * HL_SHARD_ARRAYS, path, kind->arrays, hl_manifest_arrays(&d->manifest, t)));
    HL_TRY(use_shard(d, t, k));
    if (make_sense[t](&d->manifest, hl_deal_rows(&deal, k), m->data)) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: what it holds makes no sense; remove the dataset's folder and prepare it again",
                   path);
}

static hl_status check_my_shards(const hl_group *here, hl_dataset *d)
{
    for (int t = 0; t < HL_TABLES; t++)
        for (int64_t k = here->rank; k < hl_manifest_shards(&d->manifest, (hl_table)t); k += here->size)
            HL_TRY(check_shard(d, (hl_table)t, k));
    return HL_OK;
}

/* A path alone does not say which of the copies it is. */
static hl_status say_where(hl_status s, const hl_group *g, const hl_group *here)
{
    hl_process me;
    if (s == HL_OK || here->size == g->size) return s;
    hl_process_find(&me);
    return HL_FAIL(s, "%s (this is the copy that rank %d of %s sees)", hl_error_text(), g->rank, me.host);
}

/* Each place was filled by one rank; the others add zero. */
static void share_places(const hl_group *here, hl_dataset *d)
{
    _Static_assert(sizeof(hl_shard_place) == 2 * sizeof(int64_t), "a place travels as two integers");
    for (int t = 0; t < HL_TABLES; t++) {
        size_t n = 2 * (size_t)hl_manifest_shards(&d->manifest, (hl_table)t) * HL_SHARD_ARRAYS;
        hl_group_all_reduce_int(here, (int64_t *)d->places[t], n);
    }
}

static hl_status use_all_shards(hl_dataset *d)
{
    for (int t = 0; t < HL_TABLES; t++)
        for (int64_t k = 0; k < hl_manifest_shards(&d->manifest, (hl_table)t); k++)
            HL_TRY(use_shard(d, (hl_table)t, k));
    return HL_OK;
}

/* The shard of a row, and the row in it. */
static const hl_shard_data *shard_of(const hl_dataset *d, hl_table t, int64_t *row)
{
    int64_t per = d->manifest.recipe.shard_rows[t], k = *row / per;
    HL_CHECK(*row >= 0 && *row < d->manifest.rows[t]);
    *row %= per;
    return d->shards[t][k].data;
}

/* Element list_begin[row] of an array, and how many follow. */
static int64_t span(const hl_shard_data *begin, int64_t row, int *n)
{
    const int64_t *at = begin->at;
    *n = (int)(at[row + 1] - at[row]);
    return at[row];
}

static const int32_t *tokens(const hl_corpus *c, int64_t item, int *n)
{
    const hl_shard_data *a = shard_of(c->self, HL_ITEMS, &item);
    return (const int32_t *)a[HL_ITEM_TOKENS].at + span(&a[HL_ITEM_BEGIN], item, n);
}

static int64_t first_equal(const hl_corpus *c, int64_t item)
{
    const hl_shard_data *a = shard_of(c->self, HL_ITEMS, &item);
    return ((const int32_t *)a[HL_ITEM_FIRST_EQUAL].at)[item];
}

static const int32_t *sequence(const hl_corpus *c, int64_t user, int *n)
{
    const hl_shard_data *a = shard_of(c->self, HL_USERS, &user);
    return (const int32_t *)a[HL_USER_ITEMS].at + span(&a[HL_USER_BEGIN], user, n);
}

static const int64_t *times(const hl_corpus *c, int64_t user)
{
    int n;
    return hl_dataset_times(c->self, user, &n);
}

static const uint8_t *labels(const hl_corpus *c, int64_t user)
{
    int n;
    const hl_shard_data *a = shard_of(c->self, HL_USERS, &user);
    return (const uint8_t *)a[HL_USER_LABELS].at + span(&a[HL_USER_BEGIN], user, &n);
}

static const char *item_id(const hl_corpus *c, int64_t item, int *n) { return hl_dataset_item_id(c->self, item, n); }

static const char *user_id(const hl_corpus *c, int64_t user, int *n) { return hl_dataset_user_id(c->self, user, n); }

static bool has_its_tokens(const hl_corpus *c, int64_t item, int64_t other)
{
    int n, m;
    const int32_t *x = tokens(c, item, &n), *y = tokens(c, other, &m);
    return n == m && memcmp(x, y, (size_t)n * sizeof *x) == 0;
}

/* Duplicates were found by 64-bit digests; here the tokens themselves are compared. */
static hl_status check_my_duplicates(const hl_group *g, const hl_dataset *d)
{
    hl_deal deal = {d->manifest.rows[HL_ITEMS], d->manifest.recipe.shard_rows[HL_ITEMS], g->rank, g->size};
    for (int64_t slot = 0; slot < hl_deal_slots(&deal); slot++) {
        int64_t item = hl_deal_row(&deal, slot), other = first_equal(&d->corpus, item);
        if (other > item || first_equal(&d->corpus, other) != other || !has_its_tokens(&d->corpus, item, other))
            return HL_FAIL(HL_EFORMAT,
                           "%s: item %lld is noted as a duplicate of item %lld and has another text; remove the folder "
                           "and prepare it again",
                           d->folder, (long long)item, (long long)other);
    }
    return HL_OK;
}

/* What was read to be checked is mostly not read again soon. */
static void release_shards(const hl_dataset *d)
{
    for (int t = 0; t < HL_TABLES; t++)
        for (int64_t k = 0; k < hl_manifest_shards(&d->manifest, (hl_table)t); k++)
            hl_shard_release(&d->shards[t][k].file);
}

/* here: the ranks of g that see the same folder as I.  All manifests are rank 0's. */
static hl_status find_group(hl_group *here, const hl_group *g, const hl_dataset *d)
{
    char path[PATH_MAX];
    *here = (hl_group){0};
    HL_TRY_ALL(g, hl_path_make(path, "%s/manifest.json", d->folder));
    HL_TRY(hl_samefile_check(g, path));
    return hl_samefile_group(here, g, path);
}

static hl_status check_shards(const hl_group *g, const hl_group *here, hl_dataset *d)
{
    HL_TRY_ALL(g, say_where(map_all_shards(d, here), g, here));
    HL_TRY_ALL(g, say_where(check_my_shards(here, d), g, here));
    share_places(here, d);
    HL_TRY_ALL(g, say_where(use_all_shards(d), g, here));
    return HL_OK;
}

hl_status hl_dataset_open(const hl_group *g, const char *folder, hl_dataset **out)
{
    hl_group here;
    hl_dataset *d = *out = hl_alloc_zero(1, sizeof *d);
    d->folder = hl_alloc_text(folder);
    HL_TRY(share_manifest(g, d));
    for (int t = 0; t < HL_TABLES; t++) {
        size_t n = (size_t)hl_manifest_shards(&d->manifest, (hl_table)t);
        d->shards[t] = hl_alloc_zero(n, sizeof *d->shards[t]);
        d->places[t] = hl_alloc_zero(n * HL_SHARD_ARRAYS, sizeof *d->places[t]);
    }
    d->corpus = (hl_corpus){d->manifest.rows[HL_ITEMS],
                            d->manifest.rows[HL_USERS],
                            d,
                            tokens,
                            first_equal,
                            sequence,
                            item_id,
                            user_id,
                            times,
                            d->manifest.split,
                            hl_manifest_has_labels(&d->manifest) ? labels : NULL};
    HL_TRY(find_group(&here, g, d));
    hl_status s = check_shards(g, &here, d);
    hl_group_close(&here);
    HL_TRY(s);
    HL_TRY_ALL(g, check_my_duplicates(g, d));
    release_shards(d);
    return HL_OK;
}

void hl_dataset_close(hl_dataset *d)
{
    if (!d) return;
    for (int t = 0; t < HL_TABLES; t++) {
        for (int64_t k = 0; d->shards[t] && k < hl_manifest_shards(&d->manifest, (hl_table)t); k++)
            hl_shard_unmap(&d->shards[t][k].file);
        free(d->shards[t]);
        free(d->places[t]);
    }
    hl_manifest_free(&d->manifest);
    free(d->folder);
    free(d);
}

const hl_corpus *hl_dataset_corpus(const hl_dataset *d) { return &d->corpus; }

const hl_manifest *hl_dataset_manifest(const hl_dataset *d) { return &d->manifest; }

uint64_t hl_dataset_digest(const hl_dataset *d) { return hl_manifest_digest(&d->manifest); }

const char *hl_dataset_item_id(const hl_dataset *d, int64_t item, int *n)
{
    const hl_shard_data *a = shard_of(d, HL_ITEMS, &item);
    return (const char *)a[HL_ITEM_ID].at + span(&a[HL_ITEM_ID_BEGIN], item, n);
}

const char *hl_dataset_user_id(const hl_dataset *d, int64_t user, int *n)
{
    const hl_shard_data *a = shard_of(d, HL_USERS, &user);
    return (const char *)a[HL_USER_ID].at + span(&a[HL_USER_ID_BEGIN], user, n);
}

const int64_t *hl_dataset_times(const hl_dataset *d, int64_t user, int *n)
{
    const hl_shard_data *a = shard_of(d, HL_USERS, &user);
    return (const int64_t *)a[HL_USER_TIMES].at + span(&a[HL_USER_BEGIN], user, n);
}

hl_status hl_dataset_show(const char *folder, FILE *out, bool json)
{
    hl_manifest m;
    hl_status s = hl_manifest_read(&m, folder);
    if (s == HL_OK && json) hl_manifest_print_json(&m, out);
    if (s == HL_OK && !json) hl_manifest_print(&m, out);
    hl_manifest_free(&m);
    return s;
}
