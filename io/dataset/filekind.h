/* filekind.h - recognise files that are no CSV files by their first bytes. */
#ifndef IO_DATASET_FILEKIND_H
#define IO_DATASET_FILEKIND_H
#include "base/error.h"
#include <stddef.h>

/* HL_EFORMAT where the n bytes begin a file of another kind, with its kind and how to make a CSV file of it. */
hl_status hl_filekind_check(const char *path, const char *at, size_t n);

/* The same of a text of lines, which may be JSON. */
hl_status hl_filekind_check_lines(const char *path, const char *at, size_t n);

#endif
