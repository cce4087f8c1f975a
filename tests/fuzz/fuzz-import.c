/* fuzz-import.c - readers of data sets of others: packed files, literals, records of several forms. */
#include "app/import/import-kinds.h"
#include "io/dataset/fields.h"
#include "io/dataset/json-skim.h"
#include "io/dataset/literal.h"
#include "io/files/json.h"
#include "io/files/unpacked.h"
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

/* Large pieces and small ones give the same bytes, or none do. */
hl_status fuzz_unpacked(const char *text, size_t n)
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
    if (got == sizeof all) return HL_OK; /* there is more than fits */
    HL_CHECK(large == small && (large != HL_OK || (got == at && memcmp(all, some, at) == 0)));
    return small;
}

hl_status fuzz_literal(const char *text, size_t n)
{
    char why[HL_JSON_WHY] = "";
    json_t *value = hl_literal_parse(text, n, why);
    HL_CHECK(value || *why);
    json_decref(value);
    return HL_OK; /* whoever asked makes the sentence */
}

static bool is_wanted(const void *self, const char *key, size_t n) { return (void)self, n == 1 && *key <= 'b'; }

/* What was skimmed is of a JSON object, and has its values. */
hl_status fuzz_json_skim(const char *text, size_t n)
{
    char why[HL_JSON_WHY] = "";
    hl_json_skimmed s = {0};
    if (hl_json_skim(&s, text, n, is_wanted, NULL)) {
        const char *key;
        json_t *value, *whole = hl_json_parse(text, n, why), *part = hl_json_parse(s.at, s.n, why);
        HL_CHECK(json_is_object(whole) && json_is_object(part));
        json_object_foreach(whole, key, value)
        {
            const json_t *other = json_object_get(part, key);
            HL_CHECK(is_wanted(NULL, key, strlen(key)) ? json_equal(value, other) : !other);
        }
        json_decref(whole);
        json_decref(part);
    }
    free(s.at);
    return HL_OK; /* the line is parsed where it is not skimmed */
}

/* One rank reads what three read in parts: as many records, and a failure of one is one of them all. */
static hl_status read_in_parts(hl_fields_how how)
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
    return status[0];
}

/* What has the first form among `forms` that fits, or ours where that names no columns. */
static hl_status read_form(const hl_import_form *forms, const char *path, bool are_items)
{
    const hl_import_form *form;
    HL_TRY(hl_import_form_find(&form, forms, path));
    const char *item = form->item ? form->item : "item_id", *user = form->user ? form->user : "user_id",
               *time = form->time ? form->time : "timestamp";
    const char *interactions[] = {item, user, time, form->rating}, *items[] = {item, "?title", "?flags"};
    return read_in_parts((hl_fields_how){.path = path,
                                         .form = form->form,
                                         .wanted = are_items ? items : interactions,
                                         .n = are_items ? 3 : 4,
                                         .separator = form->separator,
                                         .columns = form->columns,
                                         .encoding = are_items ? form->encoding : HL_FIELDS_AS_IS,
                                         .ids = are_items});
}

/* Interactions or items: what one of both refuses may be the other. */
static hl_status read_kind(int kind, const char *text, size_t n)
{
    const char *path = fuzz_file("x", text, n);
    hl_status s = read_form(hl_import_kinds[kind].interactions, path, false);
    hl_status t = read_form(hl_import_kinds[kind].items, path, true);
    return s == HL_OK ? s : t;
}

hl_status fuzz_recbole(const char *text, size_t n) { return read_kind(HL_IMPORT_RECBOLE, text, n); }
hl_status fuzz_movielens(const char *text, size_t n) { return read_kind(HL_IMPORT_MOVIELENS, text, n); }
hl_status fuzz_pixelrec(const char *text, size_t n) { return read_kind(HL_IMPORT_PIXELREC, text, n); }
hl_status fuzz_tsv(const char *text, size_t n) { return read_kind(HL_IMPORT_TSV, text, n); }
hl_status fuzz_amazon_2014(const char *text, size_t n) { return read_kind(HL_IMPORT_AMAZON_2014, text, n); }
hl_status fuzz_amazon_2023(const char *text, size_t n) { return read_kind(HL_IMPORT_AMAZON_2023, text, n); }
hl_status fuzz_jsonl(const char *text, size_t n) { return read_kind(HL_IMPORT_JSONL, text, n); }
