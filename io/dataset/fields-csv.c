/* fields-csv.c - records of a table with quotes and a header.
 *
 * Where a row begins is known by those before it alone, as quotes hold line breaks: whoever has a part goes through the
 * file from the front, and takes the rows of the part. */
#include "base/part.h"
#include "io/dataset/fields-form.h"

static hl_status open_table(hl_fields *f)
{
    const char *name[HL_CSV_COLUMNS];
    HL_TRY(hl_csv_open_packed(&f->csv, f->how->path, 0));
    const int n = hl_csv_columns(f->csv);
    for (int i = 0; i < n; i++) name[i] = hl_csv_name(f->csv, i);
    HL_TRY(hl_fields_match(f, name, n));
    f->begin = hl_part_begin(hl_csv_size(f->csv), f->how->p, f->how->r);
    f->end = hl_part_begin(hl_csv_size(f->csv), f->how->p, f->how->r + 1);
    f->is_last = f->how->r + 1 == f->how->p;
    return HL_OK;
}

/* Does what begins at byte `at` lie behind these bytes of the file?  Known once it is read; before, where it does. */
static bool is_behind(const hl_fields *f, int64_t at, int64_t bytes)
{
    const int64_t first = hl_csv_behind(f->csv, bytes);
    return first >= 0 && at >= first;
}

static bool is_mine(const hl_fields *f, int64_t at) { return is_behind(f, at, f->begin); }
static bool is_others(const hl_fields *f, int64_t at) { return !f->is_last && is_behind(f, at, f->end); }

static hl_status take(hl_fields *f, char *line, size_t n, bool *is_over)
{
    const hl_csv_field *row = NULL;
    int64_t at;
    (void)line, (void)n;
    do {
        at = hl_csv_at(f->csv);
        *is_over = is_others(f, at);
        if (*is_over) return HL_OK;
        HL_TRY(hl_csv_next(f->csv, &row));
    } while (row && !is_mine(f, at));
    *is_over = !row || is_others(f, at);
    if (*is_over) return HL_OK;
    f->line = row[0].line;
    for (int i = 0; i < f->how->n; i++)
        if (f->column[i] >= 0) hl_fields_set(f, i, row[f->column[i]].at, row[f->column[i]].n);
    return HL_OK;
}

static void close_table(hl_fields *f) { hl_csv_close(f->csv); }

const hl_fields_form hl_fields_csv = {.open = open_table, .take = take, .close = close_table};
