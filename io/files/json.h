/* json.h - JSON files of other programs, as forgiving as Python's json module, which wrote most of them.
 *
 * Python writes and reads values that JSON has no form for, and jansson refuses a whole file for one of them.  Here:
 *     NaN, Infinity, -Infinity, and numbers beyond 64 bits or beyond a double, become texts of the same letters: a
 *         reader that wants the key finds no number there and says so;
 *     \u0000 and halves of surrogate pairs become \ufffd;
 *     of a key that comes twice the last value counts, with a warning. */
#ifndef IO_FILES_JSON_H
#define IO_FILES_JSON_H
#include "base/error.h"
#include <jansson.h>
#include <stddef.h>

/* The object in the file, of `most` bytes at most; release with json_decref, also after a failure.  HL_EFORMAT where
 * there is no such file, or something else in it.  Local. */
hl_status hl_json_read(const char *path, size_t most, json_t **out);

/* The value that n bytes are, of which a 0 follows the last: as forgiving as above, but for a key that comes twice, of
 * which the last value counts without a word.  NULL, with the reason in why where they are no JSON.
 * Release with json_decref. */
enum { HL_JSON_WHY = 160 };
json_t *hl_json_parse(const char *text, size_t n, char why[HL_JSON_WHY]);

/* Replace the file by this value, whole or not at all (io/files/atomic.h); flags are jansson's.  HL_ESTORE.  Local. */
hl_status hl_json_write(const char *path, const json_t *value, size_t flags);

/* A value by its key; NULL where it is absent or null. */
json_t *hl_json_get(const json_t *object, const char *key);

#endif
