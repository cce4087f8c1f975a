/* fields.c - the wanted fields of the records of a file, whatever the file's form. */
#include "io/dataset/fields.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/part.h"
#include "io/dataset/fields-form.h"
#include "io/files/excerpt.h"
#include "io/files/unpacked.h"
#include "io/files/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names */

static const char *first_name(const char *wanted) { return wanted + (*wanted == '?'); }

bool hl_fields_asks(const char *wanted, int k, const char *column, bool *is_last)
{
    const char *at = first_name(wanted);
    for (; k > 0; k--) at += strcspn(at, "|") + 1;
    const size_t n = strcspn(at, "|");
    *is_last = at[n] == 0;
    return strlen(column) == n && memcmp(column, at, n) == 0;
}

/* The column with the first of the wanted names that there is; -1 where there is none, -2 where it is there twice. */
static int find_column(const char *wanted, const char *const *name, int n)
{
    bool is_last = false;
    for (int k = 0; !is_last; k++) {
        int found = -1;
        for (int i = 0; i < n; i++)
            if (hl_fields_asks(wanted, k, name[i], &is_last)) found = found == -1 ? i : -2;
        if (found != -1 || n == 0) return found;
    }
    return -1;
}

static hl_status no_column(const hl_fields *f, const char *wanted, const char *const *name, int n, bool is_twice)
{
    char list[600] = "", excerpt[HL_EXCERPT];
    size_t at = 0;
    for (int i = 0; i < n && at + HL_EXCERPT + 3 < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "",
                               hl_excerpt(excerpt, name[i], strlen(name[i])));
    return HL_FAIL(HL_EFORMAT, "%s: %s column '%.200s'; the columns are: %s", f->how->path,
                   is_twice ? "more than one" : "no", first_name(wanted), list);
}

hl_status hl_fields_match(hl_fields *f, const char *const *name, int n)
{
    for (int i = 0; i < f->how->n; i++) {
        const char *wanted = f->how->wanted[i];
        f->column[i] = find_column(wanted, name, n);
        const bool is_missed = f->column[i] == -1 && *wanted != '?' && i != f->flags;
        if (is_missed || f->column[i] == -2) return no_column(f, wanted, name, n, f->column[i] == -2);
    }
    return HL_OK;
}

hl_status hl_fields_refuse(const hl_fields *f, const char *what)
{
    return HL_FAIL(HL_EFORMAT, "%s:%lld: %s", f->how->path, (long long)hl_fields_line(f), what);
}

/* ---- texts */

void hl_fields_add(hl_fields *f, int i, const char *at, size_t n)
{
    hl_fields_text *t = &f->text[i];
    HL_RESERVE(t->at, t->room, t->n + n + 1);
    if (n) memcpy(t->at + t->n, at, n);
    t->n += n;
}

static void add_latin1(hl_fields *f, int i, unsigned char byte)
{
    const char two[2] = {(char)(0xC0 | byte >> 6), (char)(0x80 | (byte & 0x3F))}, one = (char)byte;
    if (byte < 0x80) hl_fields_add(f, i, &one, 1);
    else hl_fields_add(f, i, two, 2);
}

static bool is_ascii(const char *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] & 0x80) return false;
    return true;
}

/* Texts of the forms that need this stand in the line, not in f->text. */
static void decode(hl_fields *f)
{
    if (f->how->encoding == HL_FIELDS_AS_IS) return;
    for (int i = f->how->ids; i < f->how->n; i++) {
        hl_field *x = &f->field[i];
        const bool stays = is_ascii(x->at, x->n) || x->at == f->text[i].at
                           || (f->how->encoding == HL_FIELDS_EITHER && hl_utf8_valid(x->at, x->n) == x->n);
        if (stays) continue;
        f->text[i].n = 0;
        for (size_t b = 0; b < x->n; b++) add_latin1(f, i, (unsigned char)x->at[b]);
        hl_fields_set(f, i, f->text[i].at, f->text[i].n);
        f->latin1++;
    }
}

/* ---- the file */

static hl_status find_whether_parted(bool *is, const char *path)
{
    hl_unpacked *s;
    const hl_status status = hl_unpacked_open(&s, path);
    *is = status == HL_OK && hl_unpacked_can_part(s);
    hl_unpacked_close(s);
    return status;
}

static hl_status open_lines(hl_fields *f, bool is_parted)
{
    const hl_fields_how *how = f->how;
    HL_TRY(hl_line_reader_open(&f->lines, how->path));
    if (how->form->open) HL_TRY(how->form->open(f));
    if (!is_parted || how->p == 1) return HL_OK;
    return hl_line_reader_part(f->lines, hl_line_reader_at(f->lines), how->p, how->r);
}

hl_status hl_fields_open(hl_fields **out, const hl_fields_how *how)
{
    bool is_parted;
    const size_t n = (size_t)how->n;
    hl_fields *f = *out = hl_alloc_zero(1, sizeof *f);
    f->how = how;
    f->field = hl_alloc_zero(n, sizeof *f->field);
    f->text = hl_alloc_zero(n, sizeof *f->text);
    f->column = hl_alloc_zero(n, sizeof *f->column);
    f->flags = -1;
    HL_TRY(find_whether_parted(&is_parted, how->path));
    f->is_none = !is_parted && how->turn % how->p != how->r;
    if (f->is_none) return HL_OK;
    return how->form->has_lines ? open_lines(f, is_parted) : how->form->open(f);
}

void hl_fields_close(hl_fields *f)
{
    if (!f) return;
    if (f->how->form->close) f->how->form->close(f);
    hl_line_reader_close(f->lines);
    for (int i = 0; i < f->how->n; i++) free(f->text[i].at);
    free(f->text);
    free(f->field);
    free(f->column);
    free(f->why);
    free(f);
}

static bool is_blank(const char *at, size_t n)
{
    while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t')) n--;
    return n == 0;
}

/* The next line that can be read. */
static hl_status take_line(hl_fields *f, bool *is_over)
{
    for (;;) {
        char *line;
        size_t n;
        HL_TRY(hl_line_reader_next(f->lines, &line, &n));
        *is_over = !line;
        if (!line) return HL_OK;
        if (is_blank(line, n)) continue;
        const hl_status s = f->how->form->take(f, line, n, is_over);
        if (s == HL_OK || !f->how->skips_bad) return s;
        if (f->bad++ == 0) f->why = hl_alloc_text(hl_error_text());
    }
}

hl_status hl_fields_next(hl_fields *f, const hl_field **fields)
{
    bool is_over = f->is_none;
    *fields = NULL;
    for (int i = 0; i < f->how->n; i++) {
        f->field[i] = (hl_field){"", 0, false};
        f->text[i].n = 0;
    }
    if (!is_over) HL_TRY(f->lines ? take_line(f, &is_over) : f->how->form->take(f, NULL, 0, &is_over));
    if (is_over) return HL_OK;
    decode(f);
    *fields = f->field;
    return HL_OK;
}

int64_t hl_fields_line(const hl_fields *f) { return f->lines ? hl_line_reader_number(f->lines) : f->line; }

int64_t hl_fields_bad(const hl_fields *f) { return f->bad; }

const char *hl_fields_why(const hl_fields *f) { return f->why ? f->why : ""; }

int64_t hl_fields_latin1(const hl_fields *f) { return f->latin1; }

int64_t hl_fields_quoted(const hl_fields *f) { return f->quoted; }

bool hl_fields_ends_open(const hl_fields *f)
{
    if (f->lines) return hl_line_reader_ends_open(f->lines);
    return f->csv && hl_csv_ends_open(f->csv);
}

double hl_fields_share(const hl_fields *f)
{
    if (f->lines) return hl_line_reader_share(f->lines);
    return f->csv ? hl_csv_share(f->csv) : 1;
}

hl_status hl_fields_first_line(const char *path, char **line)
{
    hl_line_reader *l;
    char *at = NULL;
    size_t n;
    hl_status s = hl_line_reader_open(&l, path);
    if (s == HL_OK) s = hl_line_reader_next(l, &at, &n);
    *line = hl_alloc_text(at ? at : "");
    hl_line_reader_close(l);
    return s;
}
