/* vectors-rows.h - the vectors of a file that is there, row by row, and of whom each is. */
#ifndef IO_VECTORS_VECTORS_ROWS_H
#define IO_VECTORS_VECTORS_ROWS_H
#include "io/vectors/vectors.h"

/* What a file of vectors of a kind ("items", "users") says of itself.  HL_EFORMAT where it is none, or of a form whose
 * rows are not read again.  Local. */
hl_status hl_vectors_rows_look(hl_vectors_head *h, const char *path, const char *kind);

/* Open it, from {0}: nothing of the vectors is read before they are asked for.  Close also after a failure.  Local. */
hl_status hl_vectors_rows_open(hl_vectors_rows *r, const char *path, const char *kind);
void hl_vectors_rows_close(hl_vectors_rows *r);

/* The id of a row, n bytes; one that does not lie in the file is no id, and has none. */
const char *hl_vectors_rows_id(const hl_vectors_rows *r, int64_t row, int *n);

/* vector (D) of a row. */
void hl_vectors_rows_get(const hl_vectors_rows *r, int64_t row, float *vector);

#endif
