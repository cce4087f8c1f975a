/* stored-ids.c - texts of items, and the ids of tokens that are stored for them, for tests of tokenizers. */
#include "tests/stored-ids.h"
#include "tests/check.h"
#include "base/alloc.h"
#include "io/dataset/csv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *joined(const hl_csv_field *row, int title, int description)
{
    static const char prompt[] = "Compress the following sentence into embedding: ";
    size_t n = 0;
    char *text;
    FILE *f = open_memstream(&text, &n);
    fputs(prompt, f);
    if (row[title].n) fprintf(f, "title: %.*s", (int)row[title].n, row[title].at);
    if (row[description].n) fprintf(f, "description: %.*s", (int)row[description].n, row[description].at);
    fclose(f);
    return text;
}

void stored_texts_read(stored_texts *t, const char *path)
{
    hl_csv *c;
    const hl_csv_field *row;
    int id, title, description;
    if (!CHECK_OK(hl_csv_open(&c, path, 0)) || !CHECK_OK(hl_csv_find(c, "item_id", &id))
        || !CHECK_OK(hl_csv_find(c, "title", &title)) || !CHECK_OK(hl_csv_find(c, "description", &description)))
        return hl_csv_close(c);
    for (int n = 0; CHECK_OK(hl_csv_next(c, &row)) && row; n++) {
        t->text = hl_realloc(t->text, (size_t)(n + 1) * sizeof *t->text);
        t->id = hl_realloc(t->id, (size_t)(n + 1) * sizeof *t->id);
        t->text[n] = joined(row, title, description);
        t->id[n] = strndup(row[id].at, row[id].n);
        CHECK(hl_vocab_add(&t->ids, t->id[n], row[id].n) == n);
    }
    hl_csv_close(c);
}

void stored_texts_free(stored_texts *t)
{
    for (int i = 0; i < t->ids.n; i++) free(t->text[i]), free(t->id[i]);
    free(t->text);
    free(t->id);
    hl_vocab_free(&t->ids);
}

const char *stored_text(const stored_texts *t, const char *item)
{
    const int at = hl_vocab_find(&t->ids, item, strlen(item));
    return at < 0 ? "" : t->text[at];
}

void *stored_vector(hid_t file, const char *name, hid_t type, size_t size, int *n)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
    *n = (int)H5Sget_simple_extent_npoints(space);
    void *x = hl_alloc_zero((size_t)*n + 1, size);
    CHECK(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    return x;
}
