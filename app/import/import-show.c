/* import-show.c - what a file of interactions or texts is.
 *
 * A file fits a kind where its first records can be read in the kind's form, and have what a record must have. */
#include "app/import/import-show.h"
#include "app/import/import-kinds.h"
#include "io/dataset/line-reader.h"
#include "io/dataset/timestamp.h"
#include "io/files/excerpt.h"
#include "io/files/unpacked.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 3, VALUES = 3 };

/* How a file fits a kind: its first records. */
typedef struct {
    const char *kind, *what;
    int records;
    char value[RECORDS][VALUES][HL_EXCERPT];
} fit;

static void note(fit *x, const hl_field *f, int n)
{
    for (int i = 0; i < n; i++) hl_excerpt(x->value[x->records][i], f[i].at, f[i].n);
    x->records++;
}

/* item, user, time: of interactions all three, of texts the first alone, and some text behind it. */
static bool is_record(const hl_field *f, bool is_interaction)
{
    int64_t time;
    if (!is_interaction) return f[0].n > 0;
    return f[0].n > 0 && f[1].n > 0 && !hl_timestamp_read(&time, f[2].at, f[2].n);
}

static bool read_records(fit *x, const hl_fields_how *how, bool is_interaction)
{
    hl_fields *f;
    const hl_field *field = NULL;
    hl_status s = hl_fields_open(&f, how);
    while (s == HL_OK && x->records < RECORDS && (s = hl_fields_next(f, &field)) == HL_OK && field) {
        if (is_record(field, is_interaction)) note(x, field, how->n);
        else s = HL_EFORMAT;
    }
    hl_fields_close(f);
    return s == HL_OK && x->records > 0;
}

/* The first two columns of texts of a form, OUT=IN: IN. */
static void name_texts(char name[2][80], const char *texts)
{
    for (int i = 0; i < 2; i++) {
        const size_t n = strcspn(texts, ","), skip = memchr(texts, '=', n) ? strcspn(texts, "=") + 1 : 0;
        snprintf(name[i], sizeof name[i], "%.*s", (int)(n - skip), texts + skip);
        texts += texts[n] ? n + 1 : n;
    }
}

static bool fits(fit *x, int kind, const char *path, bool is_interaction)
{
    char text[2][80];
    const hl_import_kind *k = &hl_import_kinds[kind];
    const hl_import_form *form;
    *x = (fit){.kind = hl_import_kind_names[kind], .what = is_interaction ? "interactions" : "items"};
    if (hl_import_form_find(&form, is_interaction ? k->interactions : k->items, path) != HL_OK || !form) return false;
    if (!form->item || !(is_interaction ? form->user : form->texts)) return false; /* columns of any name */
    if (!is_interaction) name_texts(text, form->texts);
    const char *const wanted[VALUES] = {form->item, is_interaction ? form->user : text[0],
                                        is_interaction ? form->time : text[1]};
    const hl_fields_how how = {.path = path,
                               .form = form->form,
                               .wanted = wanted,
                               .n = VALUES,
                               .separator = form->separator,
                               .columns = form->columns,
                               .encoding = form->encoding,
                               .ids = 1,
                               .p = 1};
    return read_records(x, &how, is_interaction);
}

typedef struct {
    const char *codec;
    int64_t size, lines;
    char first[2][HL_EXCERPT];
} facts;

static hl_status find_codec(facts *x, const char *path)
{
    hl_unpacked *u;
    const hl_status s = hl_unpacked_open(&u, path);
    if (s == HL_OK) {
        x->size = hl_unpacked_size(u);
        x->codec = hl_unpacked_codec(u);
    }
    hl_unpacked_close(u);
    return s;
}

static hl_status count_lines(facts *x, const char *path)
{
    hl_line_reader *l;
    char *line = NULL;
    size_t n;
    hl_status s = hl_line_reader_open(&l, path);
    while (s == HL_OK && (s = hl_line_reader_next(l, &line, &n)) == HL_OK && line)
        if (x->lines++ < 2) hl_excerpt(x->first[x->lines - 1], line, n);
    hl_line_reader_close(l);
    return s;
}

static void print_fit(const fit *x, FILE *out)
{
    fprintf(out, "%s of --from %s:\n", x->what, x->kind);
    for (int r = 0; r < x->records; r++)
        fprintf(out, "    %s   %s   %s\n", x->value[r][0], x->value[r][1], x->value[r][2]);
}

static json_t *json_of_fit(const fit *x)
{
    json_t *records = json_array();
    for (int r = 0; r < x->records; r++)
        json_array_append_new(records, json_pack("[sss]", x->value[r][0], x->value[r][1], x->value[r][2]));
    return json_pack("{ss ss so}", "kind", x->kind, "holds", x->what, "records", records);
}

static void print_json(const facts *x, json_t *kinds, const char *path, FILE *out)
{
    json_t *o = json_pack("{ss sI ss? sI so}", "file", path, "size", (json_int_t)x->size, "packed", x->codec, "lines",
                          (json_int_t)x->lines, "fits", kinds);
    json_dumpf(o, out, JSON_INDENT(1));
    fputc('\n', out);
    json_decref(o);
}

hl_status hl_import_show(const char *path, FILE *out, bool json)
{
    facts x = {0};
    fit one;
    json_t *kinds = json_array();
    hl_status s = find_codec(&x, path);
    if (s == HL_OK) s = count_lines(&x, path);
    if (s == HL_OK && !json)
        fprintf(out, "%s: %lld bytes, %s%s; %lld lines, of which the first are\n    %s\n    %s\n", path,
                (long long)x.size, x.codec ? "packed by " : "not packed", x.codec ? x.codec : "", (long long)x.lines,
                x.first[0], x.first[1]);
    for (int i = 0; i < 2 * HL_IMPORT_KINDS_N && s == HL_OK; i++) {
        if (!fits(&one, i / 2, path, i % 2 == 0)) continue;
        if (!json) print_fit(&one, out);
        json_array_append_new(kinds, json_of_fit(&one));
    }
    if (s == HL_OK && !json && json_array_size(kinds) == 0)
        fprintf(out, "no kind of hllm import-data that knows its columns; name them to --from csv, tsv or jsonl\n");
    if (s == HL_OK && json) print_json(&x, kinds, path, out);
    else json_decref(kinds);
    return s;
}
