/* dataset-write.c - what was read, cut into the shards of a dataset folder. */
#include "io/dataset/dataset-write.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/path.h"
#include "base/stop.h"
#include "base/strings.h"
#include "io/dataset/prepare-settings.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The id of a number; -1: that of the padding, which is empty. */
static void add_id(hl_strings *ids, const hl_idtable *t, int64_t number)
{
    size_t n = 0;
    const char *id = number < 0 ? NULL : hl_idtable_at(t, number, &n);
    hl_strings_add(ids, id, n);
}

static hl_status write_shard(const hl_dataset_parts *p, hl_table t, int64_t k, const hl_shard_data *data)
{
    char name[32], path[PATH_MAX];
    const hl_table_kind *kind = &hl_table_kinds[t];
    hl_shard_facts *f = &p->manifest->shards[t][k];
    hl_manifest_shard_name(name, t, k);
    HL_TRY(hl_path_make(path, "%s/%s", p->folder, name));
    if (hl_fault("dataset-write", p->rank))
        return HL_FAIL(HL_ESTORE, "%s: cannot write: %s; make space there and start again", path, strerror(ENOSPC));
    return hl_shard_write(path, kind->arrays, data, hl_manifest_arrays(p->manifest, t), &f->size, &f->digest);
}

/* Rows of a shard have neighbouring slots, from this one on. */
static int64_t first_slot(const hl_deal *d, int64_t shard) { return hl_deal_slot(d, shard * d->per); }

static hl_status write_items(const hl_dataset_parts *p, int64_t k)
{
    const hl_deal *d = &p->t->deal;
    int64_t rows = hl_deal_rows(d, k), first = k * d->per;
    hl_strings tokens = hl_strings_new(), ids = hl_strings_new();
    for (int64_t i = 0; i < rows; i++) {
        int n;
        const int32_t *at = hl_texts_tokens(p->t, first_slot(d, k) + i, &n);
        hl_strings_add(&tokens, at, (size_t)n * sizeof *at);
        add_id(&ids, p->x->items, first + i - 1);
    }
    int64_t n_tokens = hl_strings_bytes(&tokens) / (int64_t)sizeof(int32_t);
    for (int64_t i = 0; i <= rows; i++) tokens.begin[i] /= (int64_t)sizeof(int32_t);
    const hl_shard_data data[] = {
        [HL_ITEM_TOKENS] = {n_tokens, tokens.bytes},        [HL_ITEM_BEGIN] = {rows + 1, tokens.begin},
        [HL_ITEM_DIGEST] = {rows, p->digest + first},       [HL_ITEM_FIRST_EQUAL] = {rows, p->first_equal + first},
        [HL_ITEM_ID] = {hl_strings_bytes(&ids), ids.bytes}, [HL_ITEM_ID_BEGIN] = {rows + 1, ids.begin},
    };
    hl_status s = write_shard(p, HL_ITEMS, k, data);
    hl_strings_free(&tokens);
    hl_strings_free(&ids);
    return s;
}

static hl_status write_users(const hl_dataset_parts *p, int64_t k)
{
    const hl_interactions *x = p->x;
    int64_t rows = hl_deal_rows(&x->deal, k), first = first_slot(&x->deal, k), from = x->begin[first],
            n = x->begin[first + rows] - from;
    hl_strings ids = hl_strings_new();
    int64_t *begin = hl_alloc(((size_t)rows + 1) * sizeof *begin);
    for (int64_t i = 0; i <= rows; i++) begin[i] = x->begin[first + i] - from;
    for (int64_t i = 0; i < rows; i++) add_id(&ids, x->users, x->user[first + i]);
    const hl_shard_data data[] = {
        [HL_USER_ITEMS] = {n, x->item + from},      [HL_USER_TIMES] = {n, x->time + from},
        [HL_USER_BEGIN] = {rows + 1, begin},        [HL_USER_ID] = {hl_strings_bytes(&ids), ids.bytes},
        [HL_USER_ID_BEGIN] = {rows + 1, ids.begin}, [HL_USER_LABELS] = {n, x->label ? x->label + from : NULL},
    };
    hl_status s = write_shard(p, HL_USERS, k, data);
    free(begin);
    hl_strings_free(&ids);
    return s;
}

static hl_status (*const write_one[HL_TABLES])(const hl_dataset_parts *p,
                                               int64_t k) = {[HL_ITEMS] = write_items, [HL_USERS] = write_users};

hl_status hl_dataset_write(const hl_dataset_parts *p)
{
    for (int t = 0; t < HL_TABLES; t++)
        for (int64_t k = p->rank; k < hl_manifest_shards(p->manifest, (hl_table)t); k += p->ranks) {
            HL_TRY(hl_stop_check("writing the dataset"));
            HL_TRY(write_one[t](p, k));
        }
    return HL_OK;
}
