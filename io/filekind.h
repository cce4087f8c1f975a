/* filekind.h - what a file is that is no CSV file, by its first bytes. */
#ifndef IO_FILEKIND_H
#define IO_FILEKIND_H
#include "base/error.h"
#include <stddef.h>

/* HL_EFORMAT, with what it is and how it becomes a CSV file, where the n bytes begin a file of another kind. */
hl_status hl_filekind_check(const char *path, const char *at, size_t n);

#endif
