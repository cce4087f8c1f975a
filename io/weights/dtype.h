/* dtype.h - the types of numbers in files of weights. */
#ifndef IO_WEIGHTS_DTYPE_H
#define IO_WEIGHTS_DTYPE_H
#include <stddef.h>

typedef struct {
    const char *name; /* "F32", "BF16", ... */
    size_t bytes;     /* of a number */
    void (*to_float)(float *x, const char *bytes,
                     size_t n); /* exactly, F64 rounded; NULL: such numbers are no weights */
} hl_dtype;

/* The type of this name; NULL where there is none. */
const hl_dtype *hl_dtype_find(const char *name);

#endif
