/* import-interactions.c - the interactions of an import: read, and written. */
#include "app/import/import-interactions.h"
#include "app/import/import-csv.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "io/dataset/columns.h"
#include "io/files/excerpt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM, USER, TIME, RATING, WANTED, TELL_EVERY = 4096 };

typedef struct {
    const hl_import_settings *s;
    hl_import_interactions *x;
    hl_import_report *r;
    const char *path;
    hl_fields *fields;
    char *found[WANTED]; /* names of columns, where a header was looked at; else NULL */
} reading;

/* ---- one record */

static hl_status too_many(const reading *r, const char *what)
{
    return HL_FAIL(HL_EFAIL, "%s: more than %d %s; take more ranks", r->path, HL_IDTABLE_MOST, what);
}

static hl_status bad_value(const reading *r, const hl_field *f, const char *what, const char *why)
{
    char text[HL_EXCERPT];
    return HL_FAIL(HL_EFORMAT, "%s:%lld: the %s '%s' is none: %s", r->path, (long long)hl_fields_line(r->fields), what,
                   hl_excerpt(text, f->at, f->n), why);
}

static hl_status read_rating(const reading *r, const hl_field *f, double *rating)
{
    char text[40], *end;
    snprintf(text, sizeof text, "%.*s", (int)(f->n < sizeof text ? f->n : sizeof text - 1), f->at);
    *rating = strtod(text, &end);
    if (end > text && !*end && f->n < sizeof text) return HL_OK;
    return bad_value(r, f, "rating", "write a number, or leave --min-rating out");
}

/* *is_kept: has the record all that it needs, and a rating that is high enough? */
static hl_status look(reading *r, const hl_field *f, bool *is_kept)
{
    double rating = 0;
    const bool asks = r->s->has_min_rating;
    *is_kept = false;
    if (f[ITEM].n == 0) r->r->dropped_no_item++;
    else if (f[USER].n == 0) r->r->dropped_no_user++;
    else if (f[TIME].n == 0) r->r->dropped_no_time++;
    else if (asks && f[RATING].n == 0) r->r->dropped_no_rating++;
    else *is_kept = true;
    if (!*is_kept || !asks) return HL_OK;
    HL_TRY(read_rating(r, &f[RATING], &rating));
    *is_kept = rating >= r->s->min_rating;
    r->r->dropped_low_rating += !*is_kept;
    return HL_OK;
}

static bool has_zero(const hl_field *f) { return memchr(f->at, 0, f->n) != NULL; }

static hl_status take(reading *r, const hl_field *f)
{
    int64_t time;
    bool is_kept;
    hl_import_interactions *x = r->x;
    r->r->rows++;
    HL_TRY(look(r, f, &is_kept));
    if (!is_kept) return HL_OK;
    const char *why = hl_timestamp_read(&time, f[TIME].at, f[TIME].n);
    if (why) return bad_value(r, &f[TIME], "timestamp", why);
    if (has_zero(&f[ITEM]) || has_zero(&f[USER]))
        return bad_value(r, has_zero(&f[ITEM]) ? &f[ITEM] : &f[USER], "id", "it has a NUL byte; is the file damaged?");
    hl_time_sizes_add(&x->sizes, time, x->begin[x->files]);
    const int64_t item = hl_idtable_put(x->items, f[ITEM].at, f[ITEM].n),
                  user = hl_idtable_put(x->users, f[USER].at, f[USER].n);
    if (item < 0 || user < 0) return too_many(r, item < 0 ? "items" : "users");
    HL_RESERVE(x->row, x->room, x->begin[x->files] + 1);
    x->row[x->begin[x->files]++] = (hl_import_row){time, (int32_t)item, (int32_t)user};
    return HL_OK;
}

/* ---- one file */

/* The columns of a table of no kind in particular, by names that are known. */
static hl_status find_known(reading *r)
{
    hl_csv *c;
    int column[HL_COLUMNS];
    hl_status s = hl_csv_open_packed(&c, r->path, 0);
    if (s == HL_OK) s = hl_columns_find(column, c);
    static const int of[HL_COLUMNS] = {[HL_COLUMN_ITEM] = ITEM, [HL_COLUMN_USER] = USER, [HL_COLUMN_TIME] = TIME};
    for (int i = 0; s == HL_OK && i < HL_COLUMNS; i++) r->found[of[i]] = hl_alloc_text(hl_csv_name(c, column[i]));
    hl_csv_close(c);
    return s;
}

/* What a person asks for, what the kind has, what the header has. */
static hl_status name_columns(reading *r, const hl_import_form *form, const char *wanted[WANTED])
{
    const hl_import_settings *s = r->s;
    const char *const asked[WANTED] = {s->item, s->user, s->time, s->rating}, *const known[WANTED] = {
                                                                                  form->item, form->user, form->time,
                                                                                  form->rating};
    bool is_short = false;
    for (int i = 0; i < WANTED; i++) {
        wanted[i] = asked[i] ? asked[i] : known[i];
        is_short = is_short || !wanted[i];
    }
    if (is_short) HL_TRY(find_known(r));
    for (int i = 0; i < WANTED; i++)
        if (!wanted[i]) wanted[i] = r->found[i];
    if (s->has_min_rating && *wanted[RATING] == '?') wanted[RATING]++;
    return HL_OK;
}

static hl_status read_records(reading *r, hl_progress *progress)
{
    const hl_field *fields;
    for (int64_t n = 0;; n++) {
        HL_TRY(hl_fields_next(r->fields, &fields));
        if (!fields) return HL_OK;
        const hl_status s = take(r, fields);
        if (s != HL_OK && !(s == HL_EFORMAT && r->s->skips_bad)) return s;
        if (s != HL_OK && r->r->dropped_bad++ == 0) hl_log(HL_WARN, "left out: %s", hl_error_text());
        if (n % TELL_EVERY == 0) HL_TRY(hl_progress_at(progress, "reading interactions", hl_fields_share(r->fields)));
    }
}

static void count_oddities(const reading *r)
{
    if (hl_fields_bad(r->fields)) hl_log(HL_WARN, "left out: %s", hl_fields_why(r->fields));
    if (hl_fields_ends_open(r->fields))
        hl_log(HL_WARN, "%s: the last line has no line end; if the file was cut, fetch it again", r->path);
    r->r->rows += hl_fields_bad(r->fields);
    r->r->dropped_bad += hl_fields_bad(r->fields);
    r->r->latin1 += hl_fields_latin1(r->fields);
    r->r->quoted += hl_fields_quoted(r->fields);
}

static hl_status read_file(reading *r, int file, const hl_group *g, hl_progress *progress)
{
    const hl_import_form *form;
    const char *wanted[WANTED];
    HL_TRY(hl_import_form_find(&form, r->s->kind->interactions, r->path));
    HL_TRY(name_columns(r, form, wanted));
    const hl_fields_how how = {.path = r->path,
                               .form = form->form,
                               .wanted = wanted,
                               .n = r->s->has_min_rating ? WANTED : RATING,
                               .separator = form->separator,
                               .columns = form->columns,
                               .ids = WANTED,
                               .skips_bad = r->s->skips_bad,
                               .p = g->size,
                               .r = g->rank,
                               .turn = file};
    hl_status s = hl_fields_open(&r->fields, &how);
    if (s == HL_OK) s = read_records(r, progress);
    if (s == HL_OK) count_oddities(r);
    hl_fields_close(r->fields);
    return s;
}

static hl_status read_files(hl_import_interactions *x, hl_import_report *report, const hl_group *g,
                            const hl_import_settings *s, hl_progress *progress)
{
    for (int i = 0; i < s->interactions.n; i++) {
        reading r = {.s = s, .x = x, .r = report, .path = s->interactions.at[i]};
        x->files++;
        x->begin[x->files] = x->begin[i];
        const hl_status status = read_file(&r, i, g, progress);
        for (int k = 0; k < WANTED; k++) free(r.found[k]);
        HL_TRY(status);
    }
    return HL_OK;
}

hl_status hl_import_interactions_read(hl_import_interactions *x, hl_import_report *r, const hl_group *g,
                                      const hl_import_settings *s, hl_progress *progress)
{
    *x = (hl_import_interactions){.items = hl_idtable_new(), .users = hl_idtable_new()};
    x->begin = hl_alloc_zero((size_t)s->interactions.n + 1, sizeof *x->begin);
    HL_TRY_ALL(g, read_files(x, r, g, s, progress));
    x->item_count = hl_idcount_new(g, x->items);
    x->user_count = hl_idcount_new(g, x->users);
    return HL_OK;
}

void hl_import_interactions_close(hl_import_interactions *x)
{
    hl_idcount_free(x->item_count);
    hl_idcount_free(x->user_count);
    hl_idtable_free(x->items);
    hl_idtable_free(x->users);
    free(x->row);
    free(x->begin);
    *x = (hl_import_interactions){0};
}

/* ---- writing */

static void print_row(hl_import_line *out, const hl_import_interactions *x, const hl_import_row *row)
{
    size_t n;
    hl_import_line_begin(out, 0);
    const char *id = hl_idtable_at(x->items, row->item, &n);
    hl_import_line_add(out, id, n);
    id = hl_idtable_at(x->users, row->user, &n);
    hl_import_line_add(out, id, n);
    hl_import_line_add_number(out, row->time);
    hl_import_line_end(out);
}

hl_status hl_import_interactions_write(const hl_import_interactions *x, hl_shared_file *f, bool has_header)
{
    static const char header[] = "item_id,user_id,timestamp\n";
    hl_import_line row = {0};
    hl_status s = has_header ? hl_shared_file_add(f, header, sizeof header - 1) : HL_OK;
    for (int i = 0; i < x->files; i++) {
        hl_shared_file_next(f);
        for (int64_t k = x->begin[i]; k < x->begin[i + 1] && s == HL_OK; k++) {
            print_row(&row, x, &x->row[k]);
            s = hl_shared_file_add(f, row.at, row.n);
        }
    }
    free(row.at);
    return s;
}
