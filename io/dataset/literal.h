/* literal.h - a Python literal, as repr writes it, as a JSON value.  Nothing is executed.
 *
 * Read are texts in single or double quotes with all of Python's escapes but \N (a prefix u is without meaning), whole
 * numbers and others, True, False, None, lists, tuples and dictionaries, in each other up to 64 deep.  Tuples become
 * arrays, numbers beyond 64 bits texts of the same digits, keys that are no texts their digits.  Of a key that comes
 * twice the last value counts.  \xHH is the character of that number, as for Python 3.  What UTF-8 cannot hold, or JSON
 * (halves of surrogate pairs, \0), becomes U+FFFD; both halves of a pair together are their character. */
#ifndef IO_DATASET_LITERAL_H
#define IO_DATASET_LITERAL_H
#include "io/files/json.h"
#include <stddef.h>

/* The value that n bytes are, of which a 0 follows the last.  NULL, with the reason and the byte in why, where they are
 * no literal.  Release with json_decref. */
json_t *hl_literal_parse(const char *text, size_t n, char why[HL_JSON_WHY]);

#endif
