/* import-csv.h - values as the fields of a CSV file (RFC 4180). */
#ifndef APP_IMPORT_IMPORT_CSV_H
#define APP_IMPORT_IMPORT_CSV_H
#include <stddef.h>
#include <stdint.h>

/* A row that is put together; start from {0}, release with free(at). */
typedef struct {
    char *at;
    size_t n, room;
    int fields; /* of the row so far */
} hl_import_line;

/* Add a field behind a comma, but for the first of a row: in quotes where it needs them. */
void hl_import_line_add(hl_import_line *r, const char *at, size_t n);
void hl_import_line_add_number(hl_import_line *r, int64_t x);
void hl_import_line_end(hl_import_line *r);

/* A row begins behind the bytes that are there; 0: from the front. */
void hl_import_line_begin(hl_import_line *r, size_t behind);

#endif
