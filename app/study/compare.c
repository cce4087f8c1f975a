/* compare.c - is a study as fast as another. */
#include "app/study/compare.h"
#include "base/alloc.h"
#include "base/array.h"
#include "base/minmax.h"
#include "base/printable.h"
#include "io/files/regular.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 26, MOST_COLUMNS = 200 };

static const double SAME = 0.05; /* of points that were run once */

static void add(hl_compare_rows *r, const hl_compare_row *x)
{
    HL_RESERVE(r->at, r->room, r->n + 1);
    r->at[r->n] = *x;
    r->at[r->n++].name = hl_alloc_text(x->name);
}

void hl_compare_outcomes(hl_compare_rows *r, const hl_outcomes *o)
{
    *r = (hl_compare_rows){0};
    for (int i = 0; i < o->n; i++) {
        const hl_outcome *x = &o->at[i];
        if (x->runs)
            add(r, &(hl_compare_row){x->point->name, x->point->users, x->figure[HL_OUTCOME_SECONDS], x->seconds.low,
                                     x->seconds.high});
    }
}

void hl_compare_free(hl_compare_rows *r)
{
    for (int i = 0; i < r->n; i++) free(r->at[i].name);
    free(r->at);
    *r = (hl_compare_rows){0};
}

/* ---- a table */

/* The fields of a line, which are cut out in place; *rest: the next line.  How many. */
static int cut(char *field[MOST_COLUMNS], char **rest)
{
    char *from = *rest, *to = from;
    int n = 0;
    bool is_quoted = false, is_over = false;
    while (!is_over) {
        if (n < MOST_COLUMNS) field[n] = to;
        for (; *from && (is_quoted || (*from != ',' && *from != '\n')); from++) {
            if (*from == '"' && is_quoted && from[1] == '"') *to++ = *from++;
            else if (*from == '"') is_quoted = !is_quoted;
            else if (*from != '\r') *to++ = *from;
        }
        is_over = *from != ',';
        if (*from) from++;
        *to++ = 0;
        n++;
    }
    *rest = from;
    return hl_min(n, (int)MOST_COLUMNS);
}

static const char *const columns[] = {"point", "users", "seconds", "seconds_low", "seconds_high", "runs"};
enum { POINT, USERS, SECONDS, LOW, HIGH, RUNS, COLUMNS };

static hl_status find_columns(int at[COLUMNS], char *const *field, int n, const char *path)
{
    for (int c = 0; c < COLUMNS; c++) {
        at[c] = 0;
        while (at[c] < n && strcmp(field[at[c]], columns[c]) != 0) at[c]++;
        if (at[c] == n)
            return HL_FAIL(HL_EFORMAT, "%s:1: there is no column %s; name a table that hllm study report has written",
                           path, columns[c]);
    }
    return HL_OK;
}

static bool read_number(double *x, const char *text)
{
    char *end;
    *x = *text ? strtod(text, &end) : NAN;
    return !*text || (!*end && isfinite(*x));
}

static hl_status take_row(hl_compare_rows *r, char *const *field, const int at[COLUMNS], const char *path, int line)
{
    double x[COLUMNS];
    for (int c = USERS; c < COLUMNS; c++)
        if (!read_number(&x[c], field[at[c]]))
            return HL_FAIL(HL_EFORMAT, "%s:%d: %s: %.60s is no number", path, line, columns[c], field[at[c]]);
    if (!(x[RUNS] > 0)) return HL_OK;
    if (!(x[SECONDS] > 0) || !(x[USERS] > 0 && x[USERS] < 1e9))
        return HL_FAIL(HL_EFORMAT, "%s:%d: a point with runs has users and seconds, which are more than 0", path, line);
    add(r, &(hl_compare_row){field[at[POINT]], (int)x[USERS], x[SECONDS], x[LOW], x[HIGH]});
    return HL_OK;
}

hl_status hl_compare_parse(hl_compare_rows *r, const char *text, const char *path)
{
    char *copy = hl_alloc_text(text), *rest = copy, *field[MOST_COLUMNS];
    int at[COLUMNS];
    *r = (hl_compare_rows){0};
    const int n = cut(field, &rest);
    hl_status s = find_columns(at, field, n, path);
    for (int line = 2; s == HL_OK && *rest; line++) {
        const int got = cut(field, &rest);
        s = got == n ? take_row(r, field, at, path, line)
                     : HL_FAIL(HL_EFORMAT, "%s:%d: %d fields where the first line has %d", path, line, got, n);
    }
    free(copy);
    return s;
}

hl_status hl_compare_read(hl_compare_rows *r, const char *path)
{
    char *text = NULL;
    size_t n;
    *r = (hl_compare_rows){0};
    HL_TRY(hl_regular_read(path, MOST_BYTES, &text, &n));
    hl_status s = hl_compare_parse(r, text, path);
    free(text);
    return s;
}

/* ---- beside each other */

static const hl_compare_row *find(const hl_compare_rows *r, const char *name)
{
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->at[i].name, name) == 0) return &r->at[i];
    return NULL;
}

hl_compare_result hl_compare_row_with(const hl_compare_row *x, const hl_compare_rows *reference)
{
    const hl_compare_row *y = find(reference, x->name);
    if (!y) return (hl_compare_result){NAN, NAN, NAN, HL_COMPARE_ABSENT};
    hl_compare_result r = {x->seconds / y->seconds, x->low / y->high, x->high / y->low, HL_COMPARE_SAME};
    const bool has_interval = isfinite(r.low) && isfinite(r.high);
    const double low = has_interval ? r.low : r.ratio * (1 - SAME), high = has_interval ? r.high : r.ratio * (1 + SAME);
    if (low > 1) r.finding = HL_COMPARE_SLOWER;
    if (high < 1) r.finding = HL_COMPARE_FASTER;
    if (x->users != y->users) r.finding = HL_COMPARE_OTHER_WORK;
    return r;
}

static const char *const findings[] = {
    [HL_COMPARE_SAME] = "same",
    [HL_COMPARE_SLOWER] = "slower",
    [HL_COMPARE_FASTER] = "faster",
    [HL_COMPARE_OTHER_WORK] = "other users a step",
    [HL_COMPARE_ABSENT] = "not in the reference",
};

static void print_row(FILE *out, const hl_compare_row *x, const hl_compare_row *y, const hl_compare_result *r)
{
    char interval[40] = "-";
    if (isfinite(r->low) && isfinite(r->high)) snprintf(interval, sizeof interval, "[%.3f, %.3f]", r->low, r->high);
    fprintf(out, "%10.4g ", x->seconds);
    if (y) fprintf(out, "%10.4g %7.3f %-16s ", y->seconds, r->ratio, interval);
    else fprintf(out, "%10s %7s %-16s ", "-", "-", "-");
    fprintf(out, "%-20s ", findings[r->finding]);
    hl_print_text(out, x->name);
    fputc('\n', out);
}

int hl_compare_print(FILE *out, const hl_compare_rows *rows, const hl_compare_rows *reference)
{
    int others = 0;
    fprintf(out, "%10s %10s %7s %-16s %-20s point\n", "seconds", "reference", "ratio", "95 % interval", "");
    for (int i = 0; i < rows->n; i++) {
        const hl_compare_result r = hl_compare_row_with(&rows->at[i], reference);
        print_row(out, &rows->at[i], find(reference, rows->at[i].name), &r);
        others += r.finding != HL_COMPARE_SAME;
    }
    for (int i = 0; i < reference->n; i++) {
        if (find(rows, reference->at[i].name)) continue;
        fprintf(out, "%10s %10.4g %7s %-16s %-20s ", "-", reference->at[i].seconds, "-", "-", "not measured");
        hl_print_text(out, reference->at[i].name);
        fputc('\n', out);
        others++;
    }
    return others;
}
