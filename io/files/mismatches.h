/* mismatches.h - names and shapes that are not those wanted, as one list: the first few by name, the others counted. */
#ifndef IO_FILES_MISMATCHES_H
#define IO_FILES_MISMATCHES_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/* The list; it starts from {0}. */
typedef struct {
    char text[700];
    size_t used;
    int n;
} hl_mismatches;

void hl_mismatches_add(hl_mismatches *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A mismatch where the shape `is` of `name` is not the shape `want`. */
void hl_mismatches_add_shape(hl_mismatches *c, const char *name, const int64_t *is, int is_ndim, const int64_t *want,
                             int want_ndim);

/* HL_OK where the list is empty, else HL_EFORMAT: "<path>: <what>: a; b; and 3 more; <next>". */
hl_status hl_mismatches_verdict(hl_mismatches *c, const char *path, const char *what, const char *next);

#endif
