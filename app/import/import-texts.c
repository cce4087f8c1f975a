/* import-texts.c - the texts of an import.
 *
 * Every rank reads some megabytes of its part, asks the owners of these items which of them have interactions, and
 * writes their texts; all ranks go as many rounds as the one that has most to read. */
#include "app/import/import-texts.h"
#include "app/import/import-csv.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "io/dataset/csv.h"
#include "io/files/excerpt.h"
#include "io/files/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { ROUND = 1 << 22, TELL_EVERY = 256 };

typedef struct {
    const hl_group *g;
    const hl_import_settings *s;
    hl_import_report *r;
    hl_idcount *items;
    hl_shared_file *out;
    /* The columns: number 0 is the item. */
    hl_names wanted, name; /* as read, as written */
    int64_t *seen;         /* (wanted.n) values of each that are not empty */
    /* The file at hand. */
    const char *path;
    hl_fields *fields;
    bool is_over;
    hl_strings ids, rows; /* of this round: items, and the rows that would be written for them */
    bool *is_empty;       /* (ids.n) */
    size_t room;
    hl_import_line row;
} reading;

/* ---- columns */

static hl_status add_column(reading *r, const char *at, size_t n)
{
    const char *equals = memchr(at, '=', n);
    const size_t name = equals ? (size_t)(equals - at) : n;
    const char *in = equals ? equals + 1 : at;
    if (name == 0 || in == at + n)
        return HL_FAIL(HL_EUSAGE,
                       "--text-columns: a name is missing; write names with commas between them, OUT or OUT=IN");
    hl_names_add(&r->name, at, name);
    hl_names_add(&r->wanted, in, (size_t)(at + n - in));
    return HL_OK;
}

static hl_status add_columns(reading *r, const char *list)
{
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        HL_TRY(add_column(r, at, strcspn(at, ",")));
    return HL_OK;
}

/* RecBole's columns of tokens, but for the item's. */
static hl_status add_tokens(reading *r, const char *line)
{
    static const char *const types[] = {":token", ":token_seq"};
    for (const char *at = line; at; at = strchr(at, '\t') ? strchr(at, '\t') + 1 : NULL) {
        const size_t n = strcspn(at, "\t\r");
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            const size_t type = strlen(types[i]);
            const bool is = n > type && memcmp(at + n - type, types[i], type) == 0 && strncmp(at, "item_id:", 8) != 0;
            if (is) HL_TRY(add_column(r, at, n - type));
        }
    }
    if (r->wanted.n > 1) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s:1: no column of tokens beside the item; the header of such a file is as item_id:token, "
                   "title:token_seq, with tabs between them",
                   r->path);
}

static hl_status find_tokens(reading *r)
{
    char *line;
    hl_status s = hl_fields_first_line(r->path, &line);
    if (s == HL_OK) s = add_tokens(r, line);
    free(line);
    return s;
}

static hl_status choose_columns(reading *r)
{
    const hl_import_settings *s = r->s;
    const hl_import_form *form;
    r->path = s->items.at[0];
    HL_TRY(hl_import_form_find(&form, s->kind->items, r->path));
    const char *item = s->item ? s->item : form->item, *texts = s->texts ? s->texts : form->texts;
    if (!item) item = "item_id|item|asin|parent_asin|movieId";
    hl_names_add(&r->wanted, item, strlen(item));
    hl_names_add(&r->name, "item_id", 7);
    if (texts) return add_columns(r, texts);
    if (s->number == HL_IMPORT_RECBOLE) return find_tokens(r);
    return HL_FAIL(HL_EUSAGE, "--text-columns is missing: which columns of %s are texts, as title,description",
                   r->path);
}

/* ---- one record */

static hl_status not_utf8(const reading *r, int column, const hl_field *f)
{
    const size_t valid = hl_utf8_valid(f->at, f->n);
    return HL_FAIL(HL_EFORMAT,
                   "%s:%lld: byte 0x%02X of '%s' is not UTF-8; if the file is Latin-1, say --encoding latin-1", r->path,
                   (long long)hl_fields_line(r->fields), (unsigned char)f->at[valid], r->wanted.at[column]);
}

/* A NUL stands in no CSV file. */
static void add_without_zeros(reading *r, const hl_field *f)
{
    char *clean = hl_alloc(3 * f->n), *to = clean;
    for (size_t i = 0; i < f->n; i++) {
        if (f->at[i]) *to++ = f->at[i];
        else memcpy(to, "\xEF\xBF\xBD", 3), to += 3;
    }
    r->r->zeros++;
    hl_import_line_add(&r->row, clean, (size_t)(to - clean));
    free(clean);
}

static hl_status add_value(reading *r, int column, const hl_field *f)
{
    if (hl_utf8_valid(f->at, f->n) < f->n) return not_utf8(r, column, f);
    if (f->n > HL_CSV_FIELD)
        return HL_FAIL(HL_EFORMAT, "%s:%lld: '%s' has %zu bytes, more than the %d that a text may have", r->path,
                       (long long)hl_fields_line(r->fields), r->wanted.at[column], f->n, HL_CSV_FIELD);
    if (memchr(f->at, 0, f->n)) add_without_zeros(r, f);
    else hl_import_line_add(&r->row, f->at, f->n);
    r->seen[column] += f->n > 0;
    return HL_OK;
}

static hl_status take(reading *r, const hl_field *f)
{
    bool is_empty = true;
    r->r->text_rows++;
    if (f[0].n == 0) {
        r->r->texts_no_item++;
        return HL_OK;
    }
    hl_import_line_begin(&r->row, 0);
    hl_import_line_add(&r->row, f[0].at, f[0].n);
    for (int i = 1; i < r->wanted.n; i++) {
        HL_TRY(add_value(r, i, &f[i]));
        is_empty = is_empty && f[i].n == 0;
    }
    hl_import_line_end(&r->row);
    HL_RESERVE(r->is_empty, r->room, r->ids.n + 1);
    r->is_empty[r->ids.n] = is_empty;
    hl_strings_add(&r->ids, f[0].at, f[0].n);
    hl_strings_add(&r->rows, r->row.at, r->row.n);
    return HL_OK;
}

/* ---- rounds */

static hl_status read_some(reading *r, hl_progress *progress)
{
    const hl_field *fields;
    for (int64_t n = 0; !r->is_over && hl_strings_bytes(&r->rows) < ROUND; n++) {
        HL_TRY(hl_fields_next(r->fields, &fields));
        r->is_over = !fields;
        const hl_status s = fields ? take(r, fields) : HL_OK;
        if (s != HL_OK && !(s == HL_EFORMAT && r->s->skips_bad)) return s;
        if (s != HL_OK && r->r->texts_bad++ == 0) hl_log(HL_WARN, "left out: %s", hl_error_text());
        if (n % TELL_EVERY == 0) HL_TRY(hl_progress_at(progress, "reading texts", hl_fields_share(r->fields)));
    }
    return HL_OK;
}

static hl_status write_some(reading *r, const int64_t *sum)
{
    for (int64_t i = 0; i < r->ids.n; i++) {
        size_t n;
        const char *row = hl_strings_at(&r->rows, i, &n);
        const bool is_kept = sum[i] > 0 || r->s->all_items;
        r->r->texts_unused += !is_kept;
        r->r->texts += is_kept;
        r->r->texts_empty += is_kept && r->is_empty[i];
        if (is_kept) HL_TRY(hl_shared_file_add(r->out, row, n));
    }
    return HL_OK;
}

static hl_status go_round(reading *r, hl_progress *progress)
{
    r->ids = hl_strings_new();
    r->rows = hl_strings_new();
    hl_status s = hl_group_agree(r->g, read_some(r, progress));
    if (s == HL_OK) {
        int64_t *sum = hl_alloc((size_t)r->ids.n * sizeof *sum);
        hl_idcount_ask(r->items, &r->ids, sum);
        s = hl_group_agree(r->g, write_some(r, sum));
        free(sum);
    }
    hl_strings_free(&r->ids);
    hl_strings_free(&r->rows);
    return s;
}

static void count_oddities(const reading *r)
{
    if (hl_fields_bad(r->fields)) hl_log(HL_WARN, "left out: %s", hl_fields_why(r->fields));
    if (hl_fields_ends_open(r->fields))
        hl_log(HL_WARN, "%s: the last line has no line end; if the file was cut, fetch it again", r->path);
    r->r->text_rows += hl_fields_bad(r->fields);
    r->r->texts_bad += hl_fields_bad(r->fields);
    r->r->latin1 += hl_fields_latin1(r->fields);
    r->r->quoted += hl_fields_quoted(r->fields);
}

static hl_status read_file(reading *r, int file, hl_progress *progress)
{
    const hl_import_form *form;
    const hl_import_settings *s = r->s;
    r->path = s->items.at[file];
    r->is_over = false;
    HL_TRY_ALL(r->g, hl_import_form_find(&form, s->kind->items, r->path));
    hl_fields_encoding encoding = form->encoding;
    if (s->encoding) encoding = strcmp(s->encoding, "latin-1") == 0 ? HL_FIELDS_LATIN1 : HL_FIELDS_AS_IS;
    const hl_fields_how how = {.path = r->path,
                               .form = form->form,
                               .wanted = (const char *const *)r->wanted.at,
                               .n = r->wanted.n,
                               .separator = form->separator,
                               .columns = form->columns,
                               .encoding = encoding,
                               .ids = 1,
                               .skips_bad = s->skips_bad,
                               .p = r->g->size,
                               .r = r->g->rank,
                               .turn = file};
    hl_status status = hl_group_agree(r->g, hl_fields_open(&r->fields, &how));
    while (status == HL_OK && hl_group_any(r->g, !r->is_over)) status = go_round(r, progress);
    if (status == HL_OK) count_oddities(r);
    hl_fields_close(r->fields);
    r->fields = NULL;
    return status;
}

static hl_status read_files(reading *r, hl_progress *progress)
{
    for (int i = 0; i < r->s->items.n; i++) {
        if (i > 0) hl_shared_file_next(r->out);
        HL_TRY(read_file(r, i, progress));
    }
    return HL_OK;
}

static hl_status add_header(reading *r)
{
    hl_import_line_begin(&r->row, 0);
    for (int i = 0; i < r->name.n; i++) hl_import_line_add(&r->row, r->name.at[i], strlen(r->name.at[i]));
    hl_import_line_end(&r->row);
    return hl_shared_file_add(r->out, r->row.at, r->row.n);
}

/* A key that no object has is a name that was mistyped. */
static hl_status check_seen(const reading *r)
{
    int64_t *seen = hl_alloc((size_t)r->wanted.n * sizeof *seen);
    memcpy(seen, r->seen, (size_t)r->wanted.n * sizeof *seen);
    hl_group_all_reduce_int(r->g, seen, (size_t)r->wanted.n);
    hl_status s = HL_OK;
    for (int i = 1; i < r->wanted.n && s == HL_OK; i++)
        if (seen[i] == 0)
            s = HL_FAIL(HL_EFORMAT, "%s: no record has a value of '%s'; name another by --text-columns", r->path,
                        r->wanted.at[i]);
    free(seen);
    return s;
}

static hl_status import(reading *r, hl_progress *progress)
{
    HL_TRY_ALL(r->g, choose_columns(r));
    r->seen = hl_alloc_zero((size_t)r->wanted.n, sizeof *r->seen);
    HL_TRY_ALL(r->g, r->g->rank == 0 ? add_header(r) : HL_OK);
    HL_TRY(read_files(r, progress));
    return check_seen(r);
}

hl_status hl_import_texts(hl_import_report *report, hl_idcount *items, const hl_group *g, const hl_import_settings *s,
                          hl_shared_file *out, hl_progress *progress)
{
    int64_t never, again;
    reading r = {.g = g, .s = s, .r = report, .items = items, .out = out};
    const hl_status status = import(&r, progress);
    hl_names_free(&r.wanted);
    hl_names_free(&r.name);
    free(r.seen);
    free(r.row.at);
    free(r.is_empty);
    if (status != HL_OK) return status;
    hl_idcount_asked(items, &never, &again);
    if (g->rank == 0) report->items_without_text = never, report->texts_repeated = again;
    return HL_OK;
}
