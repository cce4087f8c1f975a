/* safetensors-layout.h - where the tensors of a new safetensors file go, so that many ranks can write it. */
#ifndef IO_WEIGHTS_SAFETENSORS_LAYOUT_H
#define IO_WEIGHTS_SAFETENSORS_LAYOUT_H
#include "io/weights/state-dict.h"
#include <jansson.h>

typedef struct {
    const char *name, *dtype; /* "F32", "BF16", ... (io/weights/dtype.h) */
    int ndim;
    int64_t shape[HL_STATE_DIMS];
    int64_t at; /* byte of the file at which its numbers begin */
} hl_safetensors_entry;

/* Lay out a file of these n tensors, one behind the other: sets their `at`.  *head (*bytes): what stands before the
 * numbers; release with free.  metadata: an object of texts, borrowed; NULL: none.  Returns the file's size.  Local. */
int64_t hl_safetensors_lay_out(hl_safetensors_entry *e, int n, const json_t *metadata, char **head, size_t *bytes);

/* Bytes of the tensor's numbers. */
int64_t hl_safetensors_entry_bytes(const hl_safetensors_entry *e);

#endif
