/* embed-table.c - new items of a table, in the order in which they first appear; the i-th is row i.
 *
 * Every rank reads the table and knows all ids; the texts are dealt to the ranks in hands of DEALT, and each rank
 * tokenises its own and keeps their tokens.  Those of a round are brought to all ranks when it is encoded. */
#include "app/embed/embed-texts.h"
#include "app/train/data.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "io/dataset/columns.h"
#include "io/dataset/csv.h"
#include "io/dataset/idtable.h"
#include "io/dataset/texts.h"
#include "io/tokenizer/tokenizer.h"
#include <stdlib.h>
#include <string.h>

enum { DEALT = 64 };

typedef struct {
    hl_idtable *ids;
    hl_texts texts;
} table;

static bool is_it(const hl_embed_orders *o) { return o->texts && !o->users; }

/* ---- reading */

static hl_status read_ids(table *t, hl_csv *csv, const char *path)
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

static hl_status find_ids(table *t, const char *path)
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

static hl_status read_table(table *t, const hl_embed_source *s)
{
    const hl_group *g = s->job->world;
    const hl_prepare_settings p = hl_data_settings(s->job->config);
    hl_progress progress = {0};
    hl_texts_how how = {.path = s->orders->texts,
                        .item_prompt = p.item_prompt,
                        .text_keys = p.text_keys,
                        .n_text_keys = p.n_text_keys,
                        .max_text_length = p.max_text_length};
    HL_TRY(find_ids(t, how.path));
    hl_status status = hl_tokenizer_open(&how.tokenizer, p.tokenizer);
    if (status == HL_OK) status = check_tokenizer(s->job, how.tokenizer, how.path);
    if (status == HL_OK) status = hl_texts_read(&t->texts, &how, t->ids, DEALT, g->rank, g->size, &progress);
    hl_tokenizer_close(how.tokenizer);
    return status;
}

/* All ranks must have read as many items. */
static hl_status check_rows(const table *t, const hl_embed_source *s)
{
    const hl_group *g = s->job->world;
    int64_t rows = hl_idtable_count(t->ids), firsts = rows;
    hl_group_broadcast(g, &firsts, sizeof firsts, 0);
    HL_TRY_ALL(g, rows == firsts ? HL_OK
                                 : HL_FAIL(HL_EFORMAT,
                                           "%s: has %lld items on rank %d, %lld on the first; name one "
                                           "file that all see",
                                           s->orders->texts, (long long)rows, g->rank, (long long)firsts));
    return HL_OK;
}

/* Two digests that have nothing in common tell texts apart. */
static void find_digests(hl_embed_source *s, const table *t)
{
    const hl_deal *d = &t->texts.deal;
    uint64_t *second = hl_alloc_zero((size_t)s->rows + 1, sizeof *second);
    for (int64_t slot = 0; slot < hl_deal_slots(d); slot++) {
        int n;
        const int32_t *tokens = hl_texts_tokens(&t->texts, slot, &n);
        const int64_t row = hl_deal_row(d, slot) - 1;
        if (row < 0) continue; /* the padding */
        s->digest[row] = hl_digest(tokens, (size_t)n * sizeof *tokens);
        for (int i = 0; i < n; i++) second[row] = hl_digest_join(second[row], (uint64_t)tokens[i]);
    }
    hl_embed_source_share(s, s->digest);
    hl_embed_source_share(s, second);
    hl_embed_source_join(s, second);
    free(second);
}

/* What was odd about the texts is told as of a dataset's. */
static void tell(const hl_embed_source *s, const table *t)
{
    const hl_group *g = s->job->world;
    const hl_prepare_examples none = {0};
    hl_prepare_report r = t->texts.report;
    hl_report_join(g, &r);
    r.items = s->rows;
    r.texts_equal = s->rows - s->distinct;
    if (g->rank > 0) return;
    hl_report_tell_table(&r, &none, s->orders->texts);
    hl_report_warn_of_texts(&r, &none, s->orders->texts);
}

static hl_status open_table(hl_embed_source *s)
{
    table *t = s->self = hl_alloc_zero(1, sizeof *t);
    HL_TRY_ALL(s->job->world, read_table(t, s));
    HL_TRY(check_rows(t, s));
    hl_embed_source_rows(s, hl_idtable_count(t->ids));
    s->round = HL_EMBED_TEXTS;
    find_digests(s, t);
    tell(s, t);
    return HL_OK;
}

static void close_table(hl_embed_source *s)
{
    table *t = s->self;
    if (!t) return;
    if (t->texts.text) hl_texts_close(&t->texts);
    hl_idtable_free(t->ids);
    free(t);
}

static const char *id(const hl_embed_source *s, int64_t row, int *n)
{
    const table *t = s->self;
    size_t bytes;
    const char *at = hl_idtable_at(t->ids, row, &bytes);
    *n = (int)bytes;
    return at;
}

/* ---- a round: its tokens on every rank */

typedef struct {
    const hl_texts *texts;
    int32_t *all;   /* token ids, rank by rank */
    int64_t *begin; /* (n) of each text in all */
    int64_t *count; /* (n) */
} round_of;

static void find_counts(round_of *r, const int32_t *list, int n, const hl_group *g)
{
    for (int i = 0; i < n; i++) {
        int tokens = 0;
        const int64_t slot = hl_deal_slot(&r->texts->deal, list[i] + 1);
        if (slot >= 0) hl_texts_tokens(r->texts, slot, &tokens);
        r->count[i] = tokens;
    }
    hl_group_all_reduce_int(g, r->count, (size_t)n);
}

/* Sets begin; *of (ranks) gets how many tokens each rank gives. */
static int64_t find_begins(const round_of *r, int *of, const int32_t *list, int n, int ranks)
{
    int64_t at = 0;
    for (int q = 0; q < ranks; q++) {
        const int64_t from = at;
        for (int i = 0; i < n; i++)
            if (hl_deal_owner(&r->texts->deal, list[i] + 1) == q) r->begin[i] = at, at += r->count[i];
        of[q] = (int)(at - from);
    }
    return at;
}

static void copy_mine(const round_of *r, const int32_t *list, int n)
{
    for (int i = 0; i < n; i++) {
        int tokens;
        const int64_t slot = hl_deal_slot(&r->texts->deal, list[i] + 1);
        if (slot < 0) continue;
        const int32_t *at = hl_texts_tokens(r->texts, slot, &tokens);
        memcpy(r->all + r->begin[i], at, (size_t)tokens * sizeof *at);
    }
}

static void bring_tokens(round_of *r, const int32_t *list, int n, const hl_group *g)
{
    int *of = hl_alloc((size_t)g->size * sizeof *of);
    int64_t mine = 0;
    r->begin = hl_alloc((size_t)n * sizeof *r->begin);
    r->count = hl_alloc((size_t)n * sizeof *r->count);
    find_counts(r, list, n, g);
    r->all = hl_alloc((size_t)(find_begins(r, of, list, n, g->size) + 1) * sizeof *r->all);
    copy_mine(r, list, n);
    for (int q = 0; q < g->rank; q++) mine += of[q];
    hl_group_all_gather(g, r->all, r->all + mine, of, sizeof *r->all);
    free(of);
}

static const int32_t *tokens_of(const void *self, int i, int *n)
{
    const round_of *r = self;
    if (i < 0) return *n = r->texts->n_empty, r->texts->empty;
    *n = (int)r->count[i];
    return r->all + r->begin[i];
}

static hl_status encode(hl_embed_source *s, const int32_t *list, int n, hl_embed_part *out)
{
    const table *t = s->self;
    round_of r = {.texts = &t->texts};
    bring_tokens(&r, list, n, s->job->world);
    const hl_status status = hl_embed_texts_encode(s, &(hl_embed_texts){&r, tokens_of}, list, n, out);
    free(r.all);
    free(r.begin);
    free(r.count);
    return status;
}

const hl_embed_kind hl_embed_table = {.kind = "items",
                                      .digest_name = "text_digest",
                                      .noun = "texts",
                                      .is_it = is_it,
                                      .open = open_table,
                                      .close = close_table,
                                      .id = id,
                                      .encode = encode};
