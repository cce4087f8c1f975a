/* complaints.h - what does not fit, as one list: the first few by name, the others counted. */
#ifndef IO_COMPLAINTS_H
#define IO_COMPLAINTS_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/* Starts from {0}. */
typedef struct {
    char text[700];
    size_t used;
    int n;
} hl_complaints;

void hl_complain(hl_complaints *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Say that `name` has the shape `is` where `want` is wanted, if that is so. */
void hl_complain_of_shape(hl_complaints *c, const char *name, const int64_t *is, int is_ndim, const int64_t *want,
                          int want_ndim);

/* HL_OK where nobody complained, else HL_EFORMAT: "<path>: <what>: a; b; and 3 more; <next>". */
hl_status hl_complaints_verdict(hl_complaints *c, const char *path, const char *what, const char *next);

#endif
