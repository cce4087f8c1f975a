/* fields-form.h - what a form of records is to io/dataset/fields.c. */
#ifndef IO_DATASET_FIELDS_FORM_H
#define IO_DATASET_FIELDS_FORM_H
#include "io/dataset/csv.h"
#include "io/dataset/fields.h"
#include "io/dataset/json-skim.h"
#include "io/dataset/line-reader.h"
#include <jansson.h>

/* Bytes of one field, where they do not stand in the line. */
typedef struct {
    char *at;
    size_t n, room;
} hl_fields_text;

struct hl_fields {
    const hl_fields_how *how;
    hl_field *field;       /* (how->n) */
    hl_fields_text *text;  /* (how->n) */
    int *column;           /* (how->n) of forms with columns; -1: there is none */
    bool is_none;          /* my part has nothing */
    hl_line_reader *lines; /* NULL: the form is no one of lines */
    int64_t bad, latin1, quoted;
    char *why;
    /* Of a form alone. */
    hl_csv *csv;
    int64_t line, begin, end; /* of csv: the last record, and the bytes of my part of the file as it lies there */
    bool is_last;             /* of csv: no part comes behind mine */
    int columns;              /* of lines */
    char **name;              /* (columns) */
    int flags;                /* the wanted field of flags; -1: none */
    json_t *value;
    hl_json_skimmed skimmed; /* of JSON: the members that are wanted */
};

struct hl_fields_form {
    bool has_lines;
    hl_status (*open)(hl_fields *f); /* lines is open; the part is chosen afterwards.  NULL: nothing to do */
    /* Fill in the fields: of a line of n bytes; of a form without lines of the next record, *is_over after the last. */
    hl_status (*take)(hl_fields *f, char *line, size_t n, bool *is_over);
    void (*close)(hl_fields *f);
};

/* Is the column one that this wanted field asks for, by name number k of those between its bars?  False in *is_last
 * where there are more names. */
bool hl_fields_asks(const char *wanted, int k, const char *column, bool *is_last);

/* column (how->n) from the names (n) of the columns. */
hl_status hl_fields_match(hl_fields *f, const char *const *name, int n);

/* A line that cannot be read: HL_EFORMAT with file, line and reason. */
hl_status hl_fields_refuse(const hl_fields *f, const char *what);

static inline void hl_fields_set(hl_fields *f, int i, const char *at, size_t n)
{
    f->field[i] = (hl_field){at, n, true};
}

/* Add bytes to the text of field i. */
void hl_fields_add(hl_fields *f, int i, const char *at, size_t n);

#endif
