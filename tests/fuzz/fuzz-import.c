/* fuzz-import.c - readers of data sets of others: packed files, literals, records of several forms. */
#include "app/import/import-kinds.h"
#include "io/dataset/fields.h"
#include "io/dataset/literal.h"
#include "io/files/unpacked.h"
#include "tests/fuzz/fuzz.h"
#include <string.h>

/* Large pieces and small ones give the same bytes, or none do. */
void fuzz_unpacked(const char *text, size_t n)
{
    static char all[1 << 20], some[1 << 20];
    const char *path = fuzz_file("x", text, n);
    size_t got = 0, more = 7, at = 0;
    hl_unpacked *u;
    hl_status large = hl_unpacked_open(&u, path);
    if (large == HL_OK) large = hl_unpacked_read(u, all, sizeof all, &got);
    hl_unpacked_close(u);
    hl_status small = hl_unpacked_open(&u, path);
    while (small == HL_OK && more == 7 && at + 7 < sizeof some) {
        small = hl_unpacked_read(u, some + at, 7, &more);
        if (small == HL_OK) at += more;
    }
    hl_unpacked_close(u);
    if (got == sizeof all) return; /* there is more than fits */
    HL_CHECK(large == small && (large != HL_OK || (got == at && memcmp(all, some, at) == 0)));
}

void fuzz_literal(const char *text, size_t n)
{
    char why[HL_JSON_WHY] = "";
    json_t *value = hl_literal_parse(text, n, why);
    HL_CHECK(value || *why);
    json_decref(value);
}

/* One rank reads what three read in parts: as many records, and a failure of one is one of them all. */
static void read_in_parts(hl_fields_how how)
{
    int64_t records[2] = {0, 0};
    hl_status status[2] = {HL_OK, HL_OK};
    for (int p = 1, k = 0; k < 2; p = 3, k++)
        for (int r = 0; r < p; r++) {
            hl_fields *f;
            const hl_field *field = NULL;
            how.p = p, how.r = r;
            hl_status s = hl_fields_open(&f, &how);
            while (s == HL_OK && (s = hl_fields_next(f, &field)) == HL_OK && field) {
                for (int i = 0; i < how.n; i++) HL_CHECK(field[i].at && (field[i].is_there || field[i].n == 0));
                records[k]++;
            }
            if (s != HL_OK) status[k] = s;
            hl_fields_close(f);
        }
    HL_CHECK(status[0] == status[1] && (status[0] != HL_OK || records[0] == records[1]));
}

/* Interactions, and then items, in the first form of the kind that fits. */
static void read_kind(int kind, const char *text, size_t n)
{
    const hl_import_kind *k = &hl_import_kinds[kind];
    const char *path = fuzz_file("x", text, n);
    const hl_import_form *form;
    if (hl_import_form_find(&form, k->interactions, path) == HL_OK) {
        const char *wanted[] = {form->item, form->user, form->time, form->rating};
        if (!*wanted) return;
        read_in_parts((hl_fields_how){.path = path,
                                      .form = form->form,
                                      .wanted = wanted,
                                      .n = 4,
                                      .separator = form->separator,
                                      .columns = form->columns});
    }
    if (hl_import_form_find(&form, k->items, path) == HL_OK) {
        const char *wanted[] = {form->item, "?title", "?flags"};
        read_in_parts((hl_fields_how){.path = path,
                                      .form = form->form,
                                      .wanted = wanted,
                                      .n = 3,
                                      .separator = form->separator,
                                      .columns = form->columns,
                                      .encoding = form->encoding,
                                      .ids = 1});
    }
}

void fuzz_recbole(const char *text, size_t n) { read_kind(HL_IMPORT_RECBOLE, text, n); }
void fuzz_movielens(const char *text, size_t n) { read_kind(HL_IMPORT_MOVIELENS, text, n); }
void fuzz_amazon(const char *text, size_t n)
{
    read_kind(HL_IMPORT_AMAZON_2014, text, n);
    read_kind(HL_IMPORT_AMAZON_2023, text, n);
}
