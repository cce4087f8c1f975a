/* fields-lines.c - records that are lines, with a separator between fields. */
#include "base/arena.h"
#include "io/dataset/fields-form.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next of the parts of a line; NULL in *at behind the last. */
static void next_part(const char **at, const char **part, size_t *n, const char *end, const char *separator)
{
    const size_t width = strlen(separator);
    const char *found = memmem(*at, (size_t)(end - *at), separator, width);
    *part = *at;
    *n = (size_t)((found ? found : end) - *at);
    *at = found ? found + width : NULL;
}

static char *copy_name(const char *at, size_t n)
{
    static const char *const types[] = {":token", ":token_seq", ":float", ":float_seq"};
    char *name = hl_alloc_zero(n + 1, 1);
    memcpy(name, at, n);
    char *colon = strrchr(name, ':');
    for (size_t i = 0; colon && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(colon, types[i]) == 0) *colon = 0;
    return name;
}

static hl_status name_columns(hl_fields *f, const char *line, size_t n, const char *separator)
{
    f->name = hl_alloc_zero(HL_CSV_COLUMNS, sizeof *f->name);
    for (const char *at = line, *part; at;) {
        size_t length;
        if (f->columns == HL_CSV_COLUMNS)
            return hl_fields_refuse(f, "more columns than a table has; this is no header");
        next_part(&at, &part, &length, line + n, separator);
        f->name[f->columns++] = copy_name(part, length);
    }
    return HL_OK;
}

static hl_status read_header(hl_fields *f)
{
    char *line;
    size_t n;
    HL_TRY(hl_line_reader_next(f->lines, &line, &n));
    if (!line) return HL_FAIL(HL_EFORMAT, "%s: is empty; its first line must name the columns", f->how->path);
    return name_columns(f, line, n, f->how->separator);
}

static hl_status open_lines(hl_fields *f)
{
    const char *given = f->how->columns;
    for (int i = 0; i < f->how->n; i++)
        if (strcmp(f->how->wanted[i] + (*f->how->wanted[i] == '?'), "flags") == 0) f->flags = i;
    HL_TRY(given ? name_columns(f, given, strlen(given), "|") : read_header(f));
    return hl_fields_match(f, (const char *const *)f->name, f->columns);
}

static void add_flag(hl_fields *f, int column, const char *at, size_t n)
{
    if (f->name[column][0] != '+' || n != 1 || *at != '1') return;
    if (f->text[f->flags].n) hl_fields_add(f, f->flags, "|", 1);
    hl_fields_add(f, f->flags, f->name[column] + 1, strlen(f->name[column]) - 1);
}

static hl_status wrong_number(const hl_fields *f, int n)
{
    char text[120];
    snprintf(text, sizeof text, "%s%d field%s where there should be %d", n > f->columns ? "more than " : "",
             n > f->columns ? f->columns : n, n == 1 ? "" : "s", f->columns);
    return hl_fields_refuse(f, text);
}

static hl_status take(hl_fields *f, char *line, size_t n, bool *is_over)
{
    int column = 0;
    (void)is_over;
    for (const char *at = line, *part; at; column++) {
        size_t length;
        next_part(&at, &part, &length, line + n, f->how->separator);
        if (column == f->columns) return wrong_number(f, column + 1);
        for (int i = 0; i < f->how->n; i++)
            if (f->column[i] == column) hl_fields_set(f, i, part, length);
        f->quoted += length > 1 && part[0] == '"' && part[length - 1] == '"';
        if (f->flags >= 0) add_flag(f, column, part, length);
    }
    if (column < f->columns) return wrong_number(f, column);
    if (f->flags >= 0) hl_fields_set(f, f->flags, f->text[f->flags].n ? f->text[f->flags].at : "", f->text[f->flags].n);
    return HL_OK;
}

static void close_lines(hl_fields *f)
{
    for (int i = 0; i < f->columns; i++) free(f->name[i]);
    free(f->name);
}

const hl_fields_form hl_fields_lines = {.has_lines = true, .open = open_lines, .take = take, .close = close_lines};
