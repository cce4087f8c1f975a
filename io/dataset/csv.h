/* csv.h - rows of a table in a text file of any length, one at a time (RFC 4180, strictly).
 *
 * Fields are separated by commas, tabs, semicolons or vertical bars, whichever the header has most of; of equally many
 * the first of these.  A field that begins with a quote ends with one; inside, "" is a quote, and separators and line
 * breaks are text.  Elsewhere a quote is a character like others.  Lines end with LF or CRLF, the last one perhaps with
 * neither; a CR that is not before an LF is legal between quotes only.  Empty lines are skipped, a UTF-8 byte order
 * mark too. Refused, with the file and the line (counted by LF): a NUL byte, a quote that is never closed, text after a
 * closing quote, a row with more or fewer fields than the header, a field above the limit, "::" for a separator, and
 * files of other kinds (io/dataset/filekind.h).  Bytes above 127 are not looked at.
 *
 * All failures are HL_EFORMAT, but for a disk that does not read (HL_ESTORE). */
#ifndef IO_DATASET_CSV_H
#define IO_DATASET_CSV_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HL_CSV_FIELD = 1 << 24, /* bytes a field may have where nothing else is asked for, quotes included */
    HL_CSV_COLUMNS = 4096   /* columns a file may have */
};

typedef struct {
    const char *at; /* n bytes, without the quotes around them; no NUL at the end */
    size_t n;
    int64_t line; /* where the field begins */
} hl_csv_field;

typedef struct hl_csv hl_csv;

/* Open and read the header.  field_limit 0: HL_CSV_FIELD.  Close *out also after a failure. */
hl_status hl_csv_open(hl_csv **out, const char *path, size_t field_limit);
/* The same of a file that may be packed (io/files/unpacked.h); it has no digest, and hl_csv_finish is not for it. */
hl_status hl_csv_open_packed(hl_csv **out, const char *path, size_t field_limit);
void hl_csv_close(hl_csv *c);

const char *hl_csv_path(const hl_csv *c);
int hl_csv_columns(const hl_csv *c);
const char *hl_csv_name(const hl_csv *c, int column);

/* The column of this name, or of this name and one of RecBole's types (title:token_seq): a sentence that lists what
 * there is where it is missing, one where it is there twice. */
hl_status hl_csv_find(const hl_csv *c, const char *name, int *column);

/* The next row, a field a column, valid until the next call; NULL after the last. */
hl_status hl_csv_next(hl_csv *c, const hl_csv_field **row);

/* Has the last row been given out, without a line end behind it?  Then the file may have been cut off. */
bool hl_csv_ends_open(const hl_csv *c);

/* Read the rest of the file, for the digest alone.  HL_EFORMAT where the file has changed since it was opened. */
hl_status hl_csv_finish(hl_csv *c);

const char *hl_csv_codec(const hl_csv *c); /* how it is packed; NULL: it is not */
/* The byte of hl_csv_at that comes first behind so many bytes of the file as it lies there; -1: not known before that
 * one is read (io/files/unpacked.h). */
int64_t hl_csv_behind(const hl_csv *c, int64_t bytes);

int64_t hl_csv_at(const hl_csv *c);   /* the byte where what was not given out begins */
double hl_csv_share(const hl_csv *c); /* of the file that was read, 0 to 1 */
int64_t hl_csv_size(const hl_csv *c);
int64_t hl_csv_mtime(const hl_csv *c);   /* hl_source's */
uint64_t hl_csv_digest(const hl_csv *c); /* hl_source's, of what was read: of the file after the last row */

#endif
