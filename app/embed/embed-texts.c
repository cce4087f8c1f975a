/* embed-texts.c - whose texts are embedded: those of the catalogue, or of a table of new items. */
#include "app/embed/embed-texts.h"
#include "app/train/data.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/hash-table.h"
#include "io/dataset/columns.h"
#include "io/dataset/csv.h"
#include "io/dataset/report.h"
#include "io/tokenizer/tokenizer.h"
#include <stdlib.h>
#include <string.h>

/* ---- a table of new items */

static hl_status read_ids(hl_embed_texts *t, hl_csv *csv, const char *path)
{
    const hl_csv_field *row;
    int column;
    HL_TRY(hl_columns_find_item(&column, csv));
    HL_TRY(hl_csv_next(csv, &row));
    for (; row;) {
        if (hl_idtable_put(t->ids, row[column].at, row[column].n) < 0)
            return HL_FAIL(HL_EFORMAT, "%s: has more items than can be numbered; cut it", path);
        HL_TRY(hl_csv_next(csv, &row));
    }
    return hl_idtable_count(t->ids) ? HL_OK : HL_FAIL(HL_EFORMAT, "%s: has no items; name a table with some", path);
}

static hl_status find_ids(hl_embed_texts *t, const char *path)
{
    hl_csv *csv;
    t->ids = hl_idtable_new();
    hl_status s = hl_csv_open(&csv, path, 0);
    if (s == HL_OK) s = read_ids(t, csv, path);
    hl_csv_close(csv);
    return s;
}

/* The tokenizer must be the one of the data that the weights were trained with. */
static hl_status check_tokenizer(const hl_job *j, const hl_tokenizer *tokenizer, const char *path)
{
    const hl_manifest *m = hl_dataset_manifest(j->data);
    if (hl_tokenizer_digest(tokenizer) == m->recipe.tokenizer_digest) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s: would be read by another tokenizer than the dataset was; set tokenizer to that",
                   path);
}

static hl_status read_table(hl_embed_texts *t, const hl_job *j, const char *path)
{
    const hl_prepare_settings s = hl_data_settings(j->config);
    hl_progress progress = {0};
    hl_texts_how how = {.path = path,
                        .item_prompt = s.item_prompt,
                        .text_keys = s.text_keys,
                        .n_text_keys = s.n_text_keys,
                        .max_text_length = s.max_text_length};
    HL_TRY(find_ids(t, path));
    hl_status status = hl_tokenizer_open(&how.tokenizer, s.tokenizer);
    if (status == HL_OK) status = check_tokenizer(j, how.tokenizer, path);
    t->has_table = status == HL_OK;
    if (status == HL_OK) status = hl_texts_read(&t->table, &how, t->ids, hl_idtable_count(t->ids) + 1, 0, 1, &progress);
    hl_tokenizer_close(how.tokenizer);
    t->rows = hl_idtable_count(t->ids);
    return status;
}

/* ---- what the rows say */

const int32_t *hl_embed_texts_tokens(const hl_embed_texts *t, int64_t row, int *n)
{
    const hl_corpus *c = hl_dataset_corpus(t->job->data);
    if (t->has_table && row >= 0) return hl_texts_tokens(&t->table, row + 1, n);
    return c->tokens(c, row + 1, n);
}

const char *hl_embed_texts_id(const hl_embed_texts *t, int64_t row, int *n)
{
    size_t bytes;
    if (!t->has_table) return hl_dataset_item_id(t->job->data, row + 1, n);
    const char *id = hl_idtable_at(t->ids, row, &bytes);
    *n = (int)bytes;
    return id;
}

static bool are_equal(const hl_embed_texts *t, int64_t a, int64_t b)
{
    int n, k;
    const int32_t *x = hl_embed_texts_tokens(t, a, &n), *y = hl_embed_texts_tokens(t, b, &k);
    return n == k && memcmp(x, y, (size_t)n * sizeof *x) == 0;
}

/* The text that a row has in common with one before; a new one where there is none. */
static void join(hl_embed_texts *t, hl_hash_table *known, int32_t *last, int32_t row)
{
    int n;
    const int32_t *tokens = hl_embed_texts_tokens(t, row, &n);
    t->digest[row] = hl_digest(tokens, (size_t)n * sizeof *tokens);
    t->next[row] = -1;
    for (hl_hash_walk w = hl_hash_table_walk(known, t->digest[row]); hl_hash_table_next(known, &w);)
        if (are_equal(t, t->first[w.number], row)) {
            t->next[last[w.number]] = row;
            last[w.number] = row;
            return;
        }
    hl_hash_table_add(known, t->digest[row], (uint32_t)t->texts);
    last[t->texts] = row;
    t->first[t->texts++] = row;
}

static void find_equal(hl_embed_texts *t)
{
    hl_hash_table known = {0};
    const size_t n = (size_t)t->rows;
    t->digest = hl_alloc(n * sizeof *t->digest);
    t->first = hl_alloc(n * sizeof *t->first);
    t->next = hl_alloc(n * sizeof *t->next);
    int32_t *last = hl_alloc(n * sizeof *last);
    for (int32_t row = 0; row < t->rows; row++) join(t, &known, last, row);
    free(last);
    hl_hash_table_free(&known);
}

hl_status hl_embed_texts_open(hl_embed_texts *t, const hl_job *j, const char *path)
{
    *t = (hl_embed_texts){.job = j, .rows = hl_dataset_corpus(j->data)->items - 1};
    HL_TRY_ALL(j->world, path ? read_table(t, j, path) : HL_OK);
    find_equal(t);
    return HL_OK;
}

void hl_embed_texts_close(hl_embed_texts *t)
{
    if (t->has_table) hl_texts_close(&t->table);
    hl_idtable_free(t->ids);
    free(t->digest);
    free(t->first);
    free(t->next);
    *t = (hl_embed_texts){0};
}
