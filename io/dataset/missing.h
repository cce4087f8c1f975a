/* missing.h - words that say that there is no value. */
#ifndef IO_DATASET_MISSING_H
#define IO_DATASET_MISSING_H
#include <stdbool.h>
#include <stddef.h>

/* Is the value one that pandas.read_csv takes for a missing one by default?  "" is. */
bool hl_missing_to_pandas(const char *at, size_t n);

/* Is the value missing for pandas, SQL, JSON or other programs? */
bool hl_missing(const char *at, size_t n);

/* Word i of the words of hl_missing, without ""; NULL behind the last. */
const char *hl_missing_word(int i);

#endif
