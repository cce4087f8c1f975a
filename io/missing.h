/* missing.h - words that say that there is no value. */
#ifndef IO_MISSING_H
#define IO_MISSING_H
#include <stdbool.h>
#include <stddef.h>

/* What pandas.read_csv takes for a missing value when nobody says otherwise, "" among it. */
bool hl_missing_to_pandas(const char *at, size_t n);

/* That, or what SQL, JSON and other programs write there. */
bool hl_missing(const char *at, size_t n);

/* Word i of those, but for ""; NULL behind the last. */
const char *hl_missing_word(int i);

#endif
