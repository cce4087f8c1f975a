/* csv.c - rows of a table in a text file of any length, one at a time.
 *
 * The file comes in blocks into one buffer.  A row is first scanned without changing a byte; where the buffer ends
 * before the row does, blocks are added until the field at hand has twice the bytes, and the scan goes on with that
 * field: those before it are not looked at again, and a field's bytes twice on average.  Only a complete row is
 * touched: doubled quotes are made single in place. */
#include "io/dataset/csv.h"
#include "base/arena.h"
#include "base/array.h"
#include "io/files/excerpt.h"
#include "io/dataset/filekind.h"
#include "io/dataset/separator.h"
#include "io/files/source.h"
#include "io/files/unpacked.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hl_csv {
    hl_source source;
    hl_unpacked *stream; /* instead of the source, where the file may be packed */
    int64_t taken;       /* bytes of the stream */
    char *path;
    size_t limit;
    char *buffer;
    size_t room, begin, end; /* bytes [begin, end) are not yet given out */
    size_t nul;              /* the first NUL byte in the buffer; end or more: none */
    bool is_last;            /* the file has no more than the buffer */
    bool ends_open;          /* the last row was given out, without a line end behind it */
    int64_t line;            /* of the byte at begin */
    char separator;
    bool ends_field[256]; /* a byte that ends a field without quotes, or may */
    int columns;          /* 0 until the header is read */
    char **names;
    hl_csv_field *fields; /* (HL_CSV_COLUMNS) */
    bool *doubled;        /* (HL_CSV_COLUMNS) the field has doubled quotes */
};

/* Where a scan stands. */
typedef struct {
    const char *at;
    int64_t line;
    int fields;
    bool starved; /* the buffer ended first */
} scan;

static size_t count_lines(const char *at, const char *end)
{
    size_t lines = 0;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) lines++, at++;
    return lines;
}

static const char *buffer_end(const hl_csv *c) { return c->buffer + c->end; }

static hl_status read_block(hl_csv *c, size_t *got)
{
    if (!c->stream) return hl_source_read(&c->source, c->buffer + c->end, got);
    HL_TRY(hl_unpacked_read(c->stream, c->buffer + c->end, HL_SOURCE_BLOCK, got));
    c->taken += (int64_t)*got;
    return HL_OK;
}

/* Add a block. */
static hl_status add_block(hl_csv *c, size_t *got)
{
    HL_TRY(read_block(c, got));
    const char *found = c->nul >= c->end ? memchr(c->buffer + c->end, 0, *got) : NULL;
    if (found) c->nul = (size_t)(found - c->buffer);
    c->end += *got;
    c->is_last = *got < HL_SOURCE_BLOCK;
    return HL_OK;
}

/* Move what is left to the front and add `wanted` bytes, to the next block. */
static hl_status refill(hl_csv *c, size_t wanted)
{
    size_t left = c->end - c->begin, blocks = wanted / HL_SOURCE_BLOCK + 1, got = HL_SOURCE_BLOCK;
    memmove(c->buffer, c->buffer + c->begin, left);
    HL_RESERVE(c->buffer, c->room, left + blocks * HL_SOURCE_BLOCK);
    c->nul = c->nul < c->end ? c->nul - c->begin : SIZE_MAX;
    c->begin = 0;
    c->end = left;
    while (blocks-- > 0 && got == HL_SOURCE_BLOCK) HL_TRY(add_block(c, &got));
    return HL_OK;
}

/* The buffer gets more behind the field that the scan stands at; what was found of the row moves with the bytes. */
static hl_status refill_behind(hl_csv *c, scan *s)
{
    const char *was = c->buffer + c->begin;
    const size_t at = (size_t)(s->at - was);
    size_t *place = hl_alloc((size_t)(s->fields + 1) * sizeof *place);
    for (int i = 0; i < s->fields; i++) place[i] = (size_t)(c->fields[i].at - was);
    hl_status status = refill(c, c->end - c->begin - at);
    for (int i = 0; i < s->fields; i++) c->fields[i].at = c->buffer + place[i];
    s->at = c->buffer + at;
    free(place);
    return status;
}

static hl_status too_long(const hl_csv *c, int64_t line)
{
    return HL_FAIL(HL_EFORMAT, "%s:%lld: the field that begins here is longer than %zu bytes; is a quote missing?",
                   c->path, (long long)line, c->limit);
}

/* The end of a field that stands at s->at: how far the scan goes, and what the field is. */
static hl_status scan_plain(const hl_csv *c, scan *s, hl_csv_field *f)
{
    const char *at = s->at, *end = buffer_end(c);
    while (at < end && !c->ends_field[(unsigned char)*at]) at++;
    *f = (hl_csv_field){s->at, (size_t)(at - s->at), s->line};
    s->starved = at == end && !c->is_last;
    s->at = at;
    return f->n > c->limit ? too_long(c, s->line) : HL_OK;
}

static hl_status scan_quoted(const hl_csv *c, scan *s, hl_csv_field *f, bool *doubled)
{
    const char *begin = s->at + 1, *end = buffer_end(c), *at = begin;
    while ((at = memchr(at, '"', (size_t)(end - at))) && at + 1 < end && at[1] == '"') *doubled = true, at += 2;
    if ((size_t)((at ? at : end) - begin) > c->limit) return too_long(c, s->line);
    s->starved = !c->is_last && (!at || at + 1 == end);
    if (s->starved) return HL_OK;
    if (!at)
        return HL_FAIL(HL_EFORMAT,
                       "%s:%lld: the quote that opens here is never closed; add it, or double it where it is text",
                       c->path, (long long)s->line);
    *f = (hl_csv_field){begin, (size_t)(at - begin), s->line};
    s->line += (int64_t)count_lines(begin, at);
    s->at = at + 1;
    if (s->at < end && !c->ends_field[(unsigned char)*s->at])
        return HL_FAIL(HL_EFORMAT,
                       "%s:%lld: text follows the quote that closes field %d; quotes inside a field are doubled",
                       c->path, (long long)s->line, s->fields + 1);
    return HL_OK;
}

/* Step over the separator or the end of the line; more: another field follows. */
static hl_status scan_separator(const hl_csv *c, scan *s, bool *more)
{
    const char *end = buffer_end(c);
    *more = s->at < end && *s->at == c->separator;
    if (s->at == end) return HL_OK;
    if (*s->at == '\r') {
        s->starved = s->at + 1 == end && !c->is_last;
        if (s->starved) return HL_OK;
        if (s->at + 1 == end || s->at[1] != '\n')
            return HL_FAIL(HL_EFORMAT, "%s:%lld: a carriage return without a line feed; end lines with LF or CRLF",
                           c->path, (long long)s->line);
        s->at++;
    }
    if (*s->at == '\n') s->line++;
    s->at++;
    return HL_OK;
}

static hl_status too_many_fields(const hl_csv *c, int64_t line)
{
    if (c->columns == 0)
        return HL_FAIL(HL_EFORMAT, "%s:%lld: more than %d columns; a table has fewer", c->path, (long long)line,
                       HL_CSV_COLUMNS);
    return HL_FAIL(HL_EFORMAT, "%s:%lld: more than %d fields where the header has %d; is a line end missing?", c->path,
                   (long long)line, HL_CSV_COLUMNS, c->columns);
}

/* The rest of a row, from s->at on; where the buffer ends first, s stands at the field that is not complete. */
static hl_status scan_row(hl_csv *c, scan *s)
{
    for (bool more = true; more; s->fields++) {
        const scan before = *s;
        const int i = s->fields;
        if (i == HL_CSV_COLUMNS) return too_many_fields(c, s->line);
        bool is_quoted = s->at < buffer_end(c) && *s->at == '"';
        c->doubled[i] = false;
        HL_TRY(is_quoted ? scan_quoted(c, s, &c->fields[i], &c->doubled[i]) : scan_plain(c, s, &c->fields[i]));
        if (!s->starved) HL_TRY(scan_separator(c, s, &more));
        if (s->starved) {
            *s = before;
            s->starved = true;
            return HL_OK;
        }
    }
    return HL_OK;
}

/* The NUL comes first: it may well be why the rest made no sense. */
static hl_status refuse_nul(const hl_csv *c)
{
    size_t lines = count_lines(c->buffer + c->begin, c->buffer + c->nul);
    return HL_FAIL(HL_EFORMAT, "%s:%lld: a NUL byte; the file is damaged, or not a text (UTF-16?): write it as UTF-8",
                   c->path, (long long)(c->line + (int64_t)lines));
}

static void make_single(hl_csv *c, hl_csv_field *f)
{
    char *to = c->buffer + (f->at - c->buffer), *from = to, *end = to + f->n;
    while (from < end) {
        *to++ = *from;
        from += *from == '"' ? 2 : 1;
    }
    f->n = (size_t)(to - f->at);
}

static void skip_empty_lines(hl_csv *c)
{
    const char *at = c->buffer + c->begin, *end = buffer_end(c);
    for (;; c->line++) {
        if (at < end && at[0] == '\n') at += 1;
        else if (at + 1 < end && at[0] == '\r' && at[1] == '\n') at += 2;
        else break;
    }
    c->begin = (size_t)(at - c->buffer);
}

static bool holds_nul(const hl_csv *c, const char *end) { return c->nul < (size_t)(end - c->buffer); }

/* Fill c->fields with the next row; n is 0 after the last. */
static hl_status read_row(hl_csv *c, int *n)
{
    scan s = {.starved = true};
    for (*n = 0; s.starved;) {
        if (s.fields == 0) {
            skip_empty_lines(c);
            if (c->begin == c->end && c->is_last) return HL_OK;
            s = (scan){.at = c->buffer + c->begin, .line = c->line};
        }
        s.starved = false;
        hl_status status = scan_row(c, &s);
        if (holds_nul(c, status == HL_OK ? s.at : buffer_end(c))) return refuse_nul(c);
        HL_TRY(status);
        if (s.starved) HL_TRY(refill_behind(c, &s));
    }
    for (int i = 0; i < s.fields; i++)
        if (c->doubled[i]) make_single(c, &c->fields[i]);
    c->ends_open = s.at == buffer_end(c) && s.at[-1] != '\n';
    c->begin = (size_t)(s.at - c->buffer);
    c->line = s.line;
    *n = s.fields;
    return HL_OK;
}

static hl_status skip_mark(hl_csv *c)
{
    HL_TRY(refill(c, 0));
    HL_TRY(hl_filekind_check(c->path, c->buffer, c->end));
    if (c->end >= 3 && memcmp(c->buffer, "\xEF\xBB\xBF", 3) == 0) c->begin = 3;
    return HL_OK;
}

static hl_status find_separator(hl_csv *c)
{
    skip_empty_lines(c);
    c->separator = hl_separator_find(c->buffer + c->begin, buffer_end(c));
    if (!c->separator)
        return HL_FAIL(HL_EFORMAT,
                       "%s:%lld: fields are separated by '::', which is not read; write tabs, as by sed 's/::/\\t/g', "
                       "and a header",
                       c->path, (long long)c->line);
    c->ends_field[(unsigned char)c->separator] = c->ends_field['\n'] = c->ends_field['\r'] = true;
    return HL_OK;
}

static hl_status read_header(hl_csv *c)
{
    int n;
    HL_TRY(skip_mark(c));
    HL_TRY(find_separator(c));
    HL_TRY(read_row(c, &n));
    if (n == 0) return HL_FAIL(HL_EFORMAT, "%s: is empty; its first line must name the columns", c->path);
    c->names = hl_alloc_zero((size_t)n, sizeof *c->names);
    c->columns = n;
    for (int i = 0; i < n; i++) {
        c->names[i] = hl_alloc_zero(c->fields[i].n + 1, 1);
        memcpy(c->names[i], c->fields[i].at, c->fields[i].n);
    }
    return HL_OK;
}

static hl_csv *csv_new(const char *path, size_t field_limit)
{
    hl_csv *c = hl_alloc_zero(1, sizeof *c);
    c->path = hl_alloc_text(path);
    c->limit = field_limit ? field_limit : HL_CSV_FIELD;
    c->line = 1;
    c->nul = SIZE_MAX;
    HL_RESERVE(c->buffer, c->room, 2 * HL_SOURCE_BLOCK);
    c->fields = hl_alloc(HL_CSV_COLUMNS * sizeof *c->fields);
    c->doubled = hl_alloc(HL_CSV_COLUMNS * sizeof *c->doubled);
    c->source.fd = -1;
    return c;
}

hl_status hl_csv_open(hl_csv **out, const char *path, size_t field_limit)
{
    hl_csv *c = *out = csv_new(path, field_limit);
    HL_TRY(hl_source_open(&c->source, c->path));
    return read_header(c);
}

hl_status hl_csv_open_packed(hl_csv **out, const char *path, size_t field_limit)
{
    hl_csv *c = *out = csv_new(path, field_limit);
    HL_TRY(hl_unpacked_open(&c->stream, c->path));
    return read_header(c);
}

void hl_csv_close(hl_csv *c)
{
    if (!c) return;
    hl_source_close(&c->source);
    hl_unpacked_close(c->stream);
    for (int i = 0; i < c->columns; i++) free(c->names[i]);
    free(c->names);
    free(c->fields);
    free(c->doubled);
    free(c->buffer);
    free(c->path);
    free(c);
}

const char *hl_csv_path(const hl_csv *c) { return c->path; }

int hl_csv_columns(const hl_csv *c) { return c->columns; }

const char *hl_csv_name(const hl_csv *c, int column) { return c->names[column]; }

static hl_status missing_column(const hl_csv *c, const char *name)
{
    char list[600] = "", excerpt[HL_EXCERPT];
    size_t n = 0;
    for (int i = 0; i < c->columns && n + HL_EXCERPT + 3 < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "",
                              hl_excerpt(excerpt, c->names[i], strlen(c->names[i])));
    return HL_FAIL(HL_EFORMAT, "%s: no column '%s'; the columns are: %s", c->path, name, list);
}

/* Is a column called so, but for the type that RecBole writes behind a name? */
static bool is_called(const char *column, const char *name)
{
    static const char *const types[] = {"", ":token", ":token_seq", ":float", ":float_seq"};
    size_t n = strlen(name);
    if (strncmp(column, name, n) != 0) return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(column + n, types[i]) == 0) return true;
    return false;
}

hl_status hl_csv_find(const hl_csv *c, const char *name, int *column)
{
    *column = -1;
    for (int i = 0; i < c->columns; i++) {
        if (!is_called(c->names[i], name)) continue;
        if (*column >= 0) return HL_FAIL(HL_EFORMAT, "%s: two columns are called '%s'; name them apart", c->path, name);
        *column = i;
    }
    return *column < 0 ? missing_column(c, name) : HL_OK;
}

hl_status hl_csv_next(hl_csv *c, const hl_csv_field **row)
{
    int n;
    *row = NULL;
    HL_TRY(read_row(c, &n));
    if (n > 0 && n != c->columns)
        return HL_FAIL(HL_EFORMAT,
                       "%s:%lld: %d fields where the header has %d; quote fields that hold %s or line breaks", c->path,
                       (long long)c->fields[0].line, n, c->columns, hl_separator_words(c->separator));
    if (n > 0) *row = c->fields;
    return HL_OK;
}

bool hl_csv_ends_open(const hl_csv *c) { return c->ends_open; }

hl_status hl_csv_finish(hl_csv *c) { return hl_source_finish(&c->source); }

int64_t hl_csv_behind(const hl_csv *c, int64_t bytes)
{
    return hl_csv_codec(c) ? hl_unpacked_behind(c->stream, bytes) : bytes;
}

const char *hl_csv_codec(const hl_csv *c) { return c->stream ? hl_unpacked_codec(c->stream) : NULL; }

int64_t hl_csv_at(const hl_csv *c) { return (c->stream ? c->taken : c->source.at) - (int64_t)(c->end - c->begin); }

double hl_csv_share(const hl_csv *c)
{
    if (c->stream) return hl_unpacked_share(c->stream);
    return c->source.size > 0 ? (double)hl_csv_at(c) / (double)c->source.size : 1;
}

int64_t hl_csv_size(const hl_csv *c) { return c->stream ? hl_unpacked_size(c->stream) : c->source.size; }

int64_t hl_csv_mtime(const hl_csv *c) { return c->source.mtime; }

uint64_t hl_csv_digest(const hl_csv *c) { return c->source.digest; }
