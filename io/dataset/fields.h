/* fields.h - the wanted fields of the records of a file, whatever the file's form.
 *
 * A record is a row of a table, or an object that stands in a line.  Who reads asks for fields by their names and gets
 * them in the order of the names, as bytes:
 *
 *     static const char *const wanted[] = {"parent_asin|asin", "user_id", "?rating"};
 *
 * Of names with bars between them the first that there is counts; a field with a question mark may be missing.  Numbers
 * come as they are written, lists as their values with a blank between two, objects as JSON.  Empty lines are skipped.
 *
 * To add a form: a file fields-<form>.c and its line below. */
#ifndef IO_DATASET_FIELDS_H
#define IO_DATASET_FIELDS_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hl_fields_form hl_fields_form;
extern const hl_fields_form hl_fields_csv, /* a table with quotes and a header, as io/dataset/csv.h reads it */
    hl_fields_lines,   /* a line a record; a separator between fields, which are as they stand: quotes are bytes */
    hl_fields_json,    /* a JSON object a line */
    hl_fields_literal; /* a dictionary a line, as Python's repr writes it (io/dataset/literal.h) */

typedef enum {
    HL_FIELDS_AS_IS,
    HL_FIELDS_LATIN1, /* every byte is the character of its number */
    HL_FIELDS_EITHER  /* Latin-1 where a field is not UTF-8 */
} hl_fields_encoding;

typedef struct {
    const char *path;
    const hl_fields_form *form;
    const char *const *wanted; /* (n) */
    int n;
    const char *separator; /* of hl_fields_lines: "::", "\t", "," ... */
    /* Of hl_fields_lines: names of the columns, with bars between them; NULL: the first line has them, behind whom
     * RecBole's types are left out.  Columns with a plus are flags; the wanted name "flags" gives the names of those
     * that are 1, with bars between them. */
    const char *columns;
    hl_fields_encoding encoding;
    int ids;        /* so many of the first fields are ids, which are bytes in any encoding */
    bool skips_bad; /* a line that cannot be read is counted and left out, where the form has lines */
    /* Part r of p: the records that begin in this part of the file's bytes, packed or not.  Of a packed file that is
     * too small for parts all, for the rank whose turn it is (turn mod p), and none for the others. */
    int p, r, turn;
} hl_fields_how;

/* Missing: n is 0 and is_there is false.  at is never NULL. */
typedef struct {
    const char *at;
    size_t n;
    bool is_there;
} hl_field;

typedef struct hl_fields hl_fields;

/* how is borrowed.  HL_EFORMAT where the file's header has not all wanted names.  Local.  Close *out also after a
 * failure. */
hl_status hl_fields_open(hl_fields **out, const hl_fields_how *how);
void hl_fields_close(hl_fields *f);

/* The fields (how->n) of the next record, valid until the next call; NULL after the last. */
hl_status hl_fields_next(hl_fields *f, const hl_field **fields);

/* Where the last record begins, or the last line that was left out: for sentences alone, since it may take long. */
int64_t hl_fields_line(const hl_fields *f);

/* Lines that were left out, and why the first of them was; fields that were Latin-1 and not ASCII; fields with quotes
 * around them in a form where these are bytes. */
int64_t hl_fields_bad(const hl_fields *f);
const char *hl_fields_why(const hl_fields *f);
int64_t hl_fields_latin1(const hl_fields *f);
int64_t hl_fields_quoted(const hl_fields *f);

bool hl_fields_ends_open(const hl_fields *f); /* the last line has no line end: was the file cut off? */
double hl_fields_share(const hl_fields *f);   /* of my part that was read, 0 to 1 */

/* The first line of a file, unpacked, as a text that free releases; "" where there is none. */
hl_status hl_fields_first_line(const char *path, char **line);

#endif
