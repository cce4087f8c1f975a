/* item-cache.c - the vectors of a file (item_cache) as the item side of a job. */
#include "app/train/item-cache.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/hash-table.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/stop.h"
#include "io/vectors/vectors-rows.h"
#include <stdlib.h>
#include <string.h>

/* ---- which row each item of my share has */

typedef struct {
    const hl_job *job;
    const hl_vectors_rows *file;
    int64_t begin, end; /* my items */
    int64_t *row;       /* (end - begin), -1: none yet */
} share;

static bool is_id(const hl_vectors_rows *f, int64_t row, const char *id, int n)
{
    int has;
    const char *there = hl_vectors_rows_id(f, row, &has);
    return has == n && memcmp(there, id, (size_t)n) == 0;
}

/* Made of the same data, the file has item i in row i - 1. */
static int64_t find_in_order(const share *s)
{
    int64_t found = 0;
    for (int64_t item = s->begin; item < s->end; item++) {
        int n;
        const char *id = hl_dataset_item_id(s->job->data, item, &n);
        const bool is_there = item >= 1 && item <= s->file->head.rows && is_id(s->file, item - 1, id, n);
        s->row[item - s->begin] = is_there ? item - 1 : -1;
        found += is_there || item == 0;
    }
    return found;
}

static void take_row(const share *s, const hl_hash_table *wanted, int64_t row)
{
    int n;
    const char *there = hl_vectors_rows_id(s->file, row, &n);
    for (hl_hash_walk w = hl_hash_table_walk(wanted, hl_digest(there, (size_t)n)); hl_hash_table_next(wanted, &w);) {
        int k;
        const char *id = hl_dataset_item_id(s->job->data, s->begin + w.number, &k);
        if (s->row[w.number] < 0 && k == n && memcmp(id, there, (size_t)n) == 0) s->row[w.number] = row;
    }
}

/* The others are looked for among all rows. */
static void find_anywhere(const share *s)
{
    hl_hash_table wanted = {0};
    for (int64_t item = hl_max(s->begin, (int64_t)1); item < s->end; item++) {
        int n;
        const char *id = hl_dataset_item_id(s->job->data, item, &n);
        if (s->row[item - s->begin] < 0)
            hl_hash_table_add(&wanted, hl_digest(id, (size_t)n), (uint32_t)(item - s->begin));
    }
    for (int64_t row = 0; row < s->file->head.rows; row++) take_row(s, &wanted, row);
    hl_hash_table_free(&wanted);
}

/* ---- what is missing, of all ranks */

static hl_status check_missing(const share *s, const char *path)
{
    const hl_job *j = s->job;
    int64_t missing = 0, first = INT64_MAX;
    for (int64_t item = hl_max(s->begin, (int64_t)1); item < s->end; item++)
        if (s->row[item - s->begin] < 0 && missing++ == 0) first = item;
    hl_group_all_reduce_int(j->world, &missing, 1);
    if (missing == 0) return HL_OK;
    first = -(int64_t)hl_group_max(j->world, -(double)first);
    int n;
    const char *id = hl_dataset_item_id(j->data, first, &n);
    return HL_FAIL(
        HL_EUSAGE,
        "item_cache: %lld of the %lld items of the data have no vector in %s, the first is \"%.*s\"; embed the "
        "items of these data again (hllm embed CONFIG --to %s)",
        (long long)missing, (long long)hl_dataset_corpus(j->data)->items - 1, path, hl_min(n, 60), id, path);
}

/* ---- their vectors */

static void read_rows(const share *s, const hl_param *p, float *w)
{
    const int64_t D = s->file->head.D;
    for (int64_t item = s->begin; item < s->end; item++) {
        float *to = w + p->offset + (size_t)((item - s->begin) * D);
        if (s->row[item - s->begin] >= 0) hl_vectors_rows_get(s->file, s->row[item - s->begin], to);
        else memset(to, 0, (size_t)D * sizeof *to);
    }
}

/* Whose file is another one: a machine may have one of its own by this path. */
static hl_status open_mine(hl_vectors_rows *f, const hl_job *j, const char *path)
{
    HL_TRY(hl_vectors_rows_open(f, path, "items"));
    if (strcmp(f->head.model, j->cache.model) == 0 && f->head.rows == j->cache.rows) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: is another file on the machine of rank %d than on that of the first; copy one to all", path,
                   j->world->rank);
}

/* The vectors, whoever has them: of the ranks that read. */
static uint64_t digest_of(const hl_job *j, const hl_param *p, bool reads)
{
    const hl_sharding *h = &j->engine.sharding[HL_ITEM];
    int64_t sum = reads ? (int64_t)hl_params_digest(h->table, h->w, p->offset, p->offset + p->count) : 0;
    hl_group_all_reduce_int(j->world, &sum, 1);
    return (uint64_t)sum;
}

static hl_status read_share(hl_job *j, const hl_vectors_rows *f, const hl_param *p, const char *path)
{
    const bool reads = f->held != NULL;
    const hl_sharding *h = &j->engine.sharding[HL_ITEM];
    share s = {.job = j, .file = f, .begin = reads ? p->mine.begin : 0, .end = reads ? p->mine.end : 0};
    s.row = hl_alloc((size_t)(s.end - s.begin) * sizeof *s.row + 1);
    if (find_in_order(&s) < s.end - s.begin) find_anywhere(&s);
    const hl_status status = check_missing(&s, path);
    if (status == HL_OK && reads) read_rows(&s, p, h->w);
    free(s.row);
    return status;
}

/* What rank 0 finds, for all. */
static hl_status find_file(hl_job *j, char path[PATH_MAX])
{
    hl_vectors_head head = {0};
    hl_config_item_cache(j->config, path);
    HL_TRY_ALL(j->world, j->world->rank == 0 ? hl_vectors_rows_look(&head, path, "items") : HL_OK);
    hl_group_broadcast(j->world, &head, sizeof head, 0);
    memcpy(j->cache.model, head.model, sizeof j->cache.model);
    j->cache.rows = head.rows;
    return HL_OK;
}

hl_status hl_item_cache_read(hl_job *j)
{
    hl_sharding *h = &j->engine.sharding[HL_ITEM];
    const hl_param *p = h->w ? hl_params_find(h->table, "item_embedding.weight") : NULL;
    const bool reads = p && h->dp->rank == 0;
    hl_vectors_rows f = {0};
    char path[PATH_MAX];
    if (!*j->config->item_cache) return HL_OK;
    HL_TRY(find_file(j, path));
    hl_status s = hl_group_agree(j->world, reads ? open_mine(&f, j, path) : HL_OK);
    if (s == HL_OK) s = read_share(j, &f, p, path);
    hl_vectors_rows_close(&f);
    HL_TRY(s);
    if (p) hl_sharding_share(h, p->offset, p->count);
    j->cache.vectors = digest_of(j, p, reads);
    hl_log(HL_INFO, "items have the vectors of %s, by the model %s", path, j->cache.model);
    return HL_OK;
}

/* ---- what a checkpoint says of them */

json_t *hl_item_cache_json(const hl_job *j)
{
    char path[PATH_MAX], vectors[17];
    if (!*j->config->item_cache) return NULL;
    hl_config_item_cache(j->config, path);
    hl_digest_text(vectors, j->cache.vectors);
    return json_pack("{ss ss ss}", "file", path, "model", j->cache.model, "vectors", vectors);
}

static const char *said(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "?";
}

hl_status hl_item_cache_check_same(const hl_job *j, const json_t *origin, const char *path)
{
    char now[17], file[PATH_MAX];
    const json_t *was = json_object_get(origin, "item_cache");
    const bool has = *j->config->item_cache;
    if (!origin || (!was && !has)) return HL_OK;
    hl_config_item_cache(j->config, file);
    if (!was)
        return HL_FAIL(HL_EUSAGE,
                       "%s: was trained with an Item LLM, and item_cache names %s; leave item_cache out, or name "
                       "another checkpoint_dir and load_pretrain: %s",
                       path, file, path);
    if (!has)
        return HL_FAIL(HL_EUSAGE, "%s: was trained with the item vectors of %s; give item_cache", path,
                       said(was, "file"));
    hl_digest_text(now, j->cache.vectors);
    if (strcmp(said(was, "vectors"), now) == 0) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "%s: was trained with other item vectors than %s has: those of %s, by the model %s (digest %s, and now "
        "model %s, digest %s); give that file as item_cache, or name another checkpoint_dir",
        path, file, said(was, "file"), said(was, "model"), said(was, "vectors"), j->cache.model, now);
}

hl_status hl_item_cache_check_items(const hl_job *j, const json_t *origin, const char *path)
{
    const json_t *was = json_object_get(origin, "item_cache");
    if (!was || *j->config->item_cache) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s: has no Item LLM, since it was trained with the item vectors of %s; give item_cache",
                   path, said(was, "file"));
}
