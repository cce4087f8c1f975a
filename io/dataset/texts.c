/* texts.c - the text file: what items say, as token ids. */
#include "io/dataset/texts.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "io/dataset/columns.h"
#include "io/dataset/csv.h"
#include "io/dataset/missing.h"
#include "io/files/utf8.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TELL_EVERY = 256 }; /* rows */
enum { NO_KEY = -1 };

struct hl_text {
    int32_t *ids; /* (n) */
    int n;
    int64_t dropped;                               /* characters */
    bool has_row, is_bare, is_cut, ends_in_prompt; /* bare: the prompt alone; the last: cut before its first value */
};

typedef struct {
    const hl_texts_how *how;
    const hl_idtable *items;
    hl_texts *t;
    hl_csv *csv;
    int id_column, *column; /* (n_text_keys) */
    char *text;             /* n bytes of the row's text */
    size_t n, room;
    hl_ids ids;
    hl_ids *head; /* (n_text_keys) ids of the prompt and this key, with which a text begins; none until needed */
} reading;

static void add(reading *r, const char *at, size_t n)
{
    HL_RESERVE(r->text, r->room, r->n + n);
    if (n) memcpy(r->text + r->n, at, n); /* there may be no text yet */
    r->n += n;
}

static void add_words(reading *r, const char *words) { add(r, words, strlen(words)); }

static void add_key(reading *r, int key)
{
    add_words(r, r->how->text_keys[key]);
    add_words(r, ": ");
}

/* The text of a row; the first key that has a value, NO_KEY where none has. */
static int compose(reading *r, const hl_csv_field *row)
{
    int first = NO_KEY;
    r->n = 0;
    add_words(r, r->how->item_prompt);
    for (int k = 0; k < r->how->n_text_keys; k++) {
        const hl_csv_field *f = &row[r->column[k]];
        if (hl_missing_to_pandas(f->at, f->n)) continue;
        if (first == NO_KEY) first = k;
        add_key(r, k);
        add(r, f->at, f->n);
    }
    return first;
}

static hl_status check_utf8(const reading *r, const hl_csv_field *row)
{
    for (int k = 0; k < r->how->n_text_keys; k++) {
        const hl_csv_field *f = &row[r->column[k]];
        size_t valid = hl_utf8_valid(f->at, f->n);
        if (valid == f->n) continue;
        int64_t line = f->line;
        for (size_t i = 0; i < valid; i++) line += f->at[i] == '\n';
        return HL_FAIL(HL_EFORMAT, "%s:%lld: byte 0x%02X of column '%s' is not UTF-8; write the file as UTF-8",
                       r->how->path, (long long)line, (unsigned char)f->at[valid], r->how->text_keys[k]);
    }
    return HL_OK;
}

/* One token more than wanted tells whether something was cut. */
static hl_status encode(reading *r, const char *text, size_t n, int64_t line, bool *is_cut)
{
    int most = r->how->max_text_length;
    if (hl_tokenizer_encode(r->how->tokenizer, &r->ids, text, n, most + 1) != HL_OK)
        return HL_FAIL(HL_EFORMAT, "%s:%lld: %s", r->how->path, (long long)line, hl_error_text());
    *is_cut = r->ids.n > most;
    if (*is_cut) r->ids.n = most;
    return HL_OK;
}

static int32_t *copy_ids(const hl_ids *ids)
{
    int32_t *copy = hl_alloc((size_t)ids->n * sizeof *copy);
    if (ids->n) memcpy(copy, ids->at, (size_t)ids->n * sizeof *copy);
    return copy;
}

/* What comes before the first value, as token ids; the text of the reading is lost. */
static hl_status head_of(reading *r, int key, const hl_ids **head)
{
    hl_ids *h = &r->head[key];
    *head = h;
    if (h->n > 0) return HL_OK;
    r->n = 0;
    add_words(r, r->how->item_prompt);
    add_key(r, key);
    return hl_tokenizer_encode(r->how->tokenizer, h, r->text, r->n, r->how->max_text_length + 1);
}

/* Has the cut left nothing but the beginning that all texts with this first key have? */
static hl_status look_at_cut(reading *r, hl_text *text, int key)
{
    const hl_ids *head;
    if (!text->is_cut || text->is_bare) return HL_OK;
    HL_TRY(head_of(r, key, &head));
    text->ends_in_prompt = text->n <= head->n && memcmp(text->ids, head->at, (size_t)text->n * sizeof *text->ids) == 0;
    return HL_OK;
}

static hl_status keep(reading *r, hl_text *text, const hl_csv_field *row)
{
    bool is_cut = false;
    int key = compose(r, row);
    HL_TRY(encode(r, r->text, r->n, row[r->id_column].line, &is_cut));
    r->t->report.text_rows_repeated += text->has_row;
    free(text->ids);
    *text = (hl_text){.ids = copy_ids(&r->ids),
                      .n = r->ids.n,
                      .dropped = r->ids.dropped,
                      .has_row = true,
                      .is_bare = key == NO_KEY,
                      .is_cut = is_cut};
    return look_at_cut(r, text, key);
}

static hl_status take_row(reading *r, const hl_csv_field *row)
{
    bool tells = r->t->deal.rank == 0; /* counts of the whole file */
    const hl_csv_field *id = &row[r->id_column];
    HL_TRY(check_utf8(r, row));
    int64_t number = hl_idtable_find(r->items, id->at, id->n);
    hl_idmatch_row(r->t->ids, number, id->at, id->n);
    r->t->report.text_rows += tells;
    r->t->report.text_rows_unused += tells && number < 0;
    int64_t slot = number < 0 ? -1 : hl_deal_slot(&r->t->deal, number + 1);
    return slot < 0 ? HL_OK : keep(r, &r->t->text[slot], row);
}

static hl_status open_file(reading *r)
{
    HL_TRY(hl_csv_open(&r->csv, r->how->path, r->how->field_limit));
    HL_TRY(hl_columns_find_item(&r->id_column, r->csv));
    for (int k = 0; k < r->how->n_text_keys; k++) HL_TRY(hl_csv_find(r->csv, r->how->text_keys[k], &r->column[k]));
    return HL_OK;
}

static void report_forms(hl_texts *t)
{
    hl_prepare_report *p = &t->report;
    int64_t *const to[HL_FORMS] = {&p->ids_blanks, &p->ids_decimal, &p->ids_zeros, &p->ids_case, &p->ids_forms};
    hl_idmatch_compare(&t->forms, t->ids);
    for (int f = 0; f < HL_FORMS; f++) *to[f] = t->forms.count[f];
}

static void report_mine(hl_texts *t, bool has_end)
{
    hl_prepare_report *p = &t->report;
    p->text_min = INT64_MAX;
    for (int64_t s = 0; s < hl_deal_slots(&t->deal); s++) {
        const hl_text *x = &t->text[s];
        int n;
        if (hl_deal_row(&t->deal, s) == 0) continue; /* the padding */
        hl_texts_tokens(t, s, &n);
        p->tokens += n;
        if (n < p->text_min) p->text_min = n;
        if (n > p->text_max) p->text_max = n;
        p->items_without_text += !x->has_row;
        p->texts_empty += x->is_bare;
        p->texts_truncated += x->is_cut;
        p->texts_end_cut += x->is_cut && has_end;
        p->texts_in_prompt += x->ends_in_prompt;
        p->texts_dropped += x->dropped > 0;
        p->characters_dropped += x->dropped;
    }
}

static hl_status read_file(reading *r, hl_progress *progress)
{
    const hl_csv_field *row;
    bool is_cut;
    HL_TRY(encode(r, "", 0, 0, &is_cut));
    r->t->empty = copy_ids(&r->ids);
    r->t->n_empty = r->ids.n;
    if (!r->how->path) return HL_OK;
    HL_TRY(open_file(r));
    for (int64_t n = 1;; n++) {
        HL_TRY(hl_csv_next(r->csv, &row));
        if (!row) break;
        HL_TRY(take_row(r, row));
        if (n % TELL_EVERY == 0) HL_TRY(hl_progress_at(progress, "reading texts", hl_csv_share(r->csv)));
    }
    if (hl_csv_ends_open(r->csv) && r->t->deal.rank == 0)
        hl_log(HL_WARN, "%s: the last row has no line end; if the file was cut, fetch it again", r->how->path);
    HL_TRY(hl_csv_finish(r->csv));
    r->t->facts = (hl_source_facts){hl_csv_size(r->csv), hl_csv_mtime(r->csv), hl_csv_digest(r->csv)};
    report_mine(r->t, hl_tokenizer_ids_behind(r->how->tokenizer) > 0);
    report_forms(r->t);
    return HL_OK;
}

hl_status hl_texts_read(hl_texts *t, const hl_texts_how *how, const hl_idtable *items, int64_t shard_items, int rank,
                        int ranks, hl_progress *progress)
{
    *t = (hl_texts){.deal = {hl_idtable_count(items) + 1, shard_items, rank, ranks}};
    t->text = hl_alloc_zero((size_t)hl_deal_slots(&t->deal), sizeof *t->text);
    t->ids = hl_idmatch_new(items, rank, ranks);
    reading r = {.how = how,
                 .items = items,
                 .t = t,
                 .column = hl_alloc((size_t)how->n_text_keys * sizeof(int)),
                 .head = hl_alloc_zero((size_t)how->n_text_keys, sizeof *r.head)};
    hl_status s = read_file(&r, progress);
    hl_csv_close(r.csv);
    hl_ids_free(&r.ids);
    for (int k = 0; k < how->n_text_keys; k++) hl_ids_free(&r.head[k]);
    free(r.head);
    free(r.column);
    free(r.text);
    return s;
}

void hl_texts_close(hl_texts *t)
{
    for (int64_t s = 0; t->text && s < hl_deal_slots(&t->deal); s++) free(t->text[s].ids);
    free(t->text);
    free(t->empty);
    hl_idmatch_free(t->ids);
    *t = (hl_texts){0};
}

const int32_t *hl_texts_tokens(const hl_texts *t, int64_t slot, int *n)
{
    const hl_text *x = &t->text[slot];
    *n = x->has_row ? x->n : t->n_empty;
    return x->has_row ? x->ids : t->empty;
}
