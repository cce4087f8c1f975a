/* import-csv.c - values as the fields of a CSV file. */
#include "app/import/import-csv.h"
#include "base/array.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void add(hl_import_line *r, const char *at, size_t n)
{
    HL_RESERVE(r->at, r->room, r->n + n);
    if (n) memcpy(r->at + r->n, at, n);
    r->n += n;
}

static bool needs_quotes(const char *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] == ',' || at[i] == '"' || at[i] == '\n' || at[i] == '\r') return true;
    return false;
}

static void add_quoted(hl_import_line *r, const char *at, size_t n)
{
    add(r, "\"", 1);
    for (const char *quote; (quote = memchr(at, '"', n)); at = quote + 1) {
        add(r, at, (size_t)(quote - at));
        add(r, "\"\"", 2);
        n -= (size_t)(quote - at) + 1;
    }
    add(r, at, n);
    add(r, "\"", 1);
}

void hl_import_line_begin(hl_import_line *r, size_t behind)
{
    r->n = behind;
    r->fields = 0;
}

void hl_import_line_add(hl_import_line *r, const char *at, size_t n)
{
    if (r->fields++) add(r, ",", 1);
    if (needs_quotes(at, n)) add_quoted(r, at, n);
    else add(r, at, n);
}

void hl_import_line_add_number(hl_import_line *r, int64_t x)
{
    char digits[24];
    hl_import_line_add(r, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)x));
}

void hl_import_line_end(hl_import_line *r) { add(r, "\n", 1); }
