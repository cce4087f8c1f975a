/* safetensors.h - read weights in Hugging Face's safetensors format.
 *
 * A file is eight bytes (length of the header, little-endian), a JSON header {name: {dtype, shape, data_offsets}}
 * and the bytes of the tensors, one after the other without gaps.  Files are mapped, not read: a tensor costs
 * memory when it is copied out.  A file that is not what it should be is HL_EFORMAT with a sentence. */
#ifndef IO_WEIGHTS_SAFETENSORS_H
#define IO_WEIGHTS_SAFETENSORS_H
#include "base/error.h"
#include "io/files/relay.h"
#include <stddef.h>
#include <stdint.h>

enum { HL_SAFETENSOR_DIMS = 8 };

typedef struct {
    const char *name;
    const char *dtype; /* "F32", "BF16", ... */
    int ndim;
    int64_t shape[HL_SAFETENSOR_DIMS];
    size_t count;      /* of numbers */
    const void *bytes; /* as in the file; aligned to nothing */
    const char *path;  /* of the file that has it */
} hl_safetensor;

typedef struct hl_safetensors hl_safetensors;

/* Open `where`: a file; a folder with model.safetensors; or a folder with model.safetensors.index.json and the files
 * that it names.  Local.  Close *out also after a failure.  The second: each file is opened once a machine. */
hl_status hl_safetensors_open(hl_safetensors **out, const char *where);
hl_status hl_safetensors_open_by(hl_safetensors **out, hl_relay *relay, const char *where);
void hl_safetensors_close(hl_safetensors *s);

/* The tensors, in the order of their names; they live as long as s. */
int hl_safetensors_count(const hl_safetensors *s);
const hl_safetensor *hl_safetensors_at(const hl_safetensors *s, int i);
/* The tensor of this name; NULL where there is none. */
const hl_safetensor *hl_safetensors_find(const hl_safetensors *s, const char *name);

/* x (t->count) = the numbers; F32, F16 and BF16 are exact, others are HL_EFORMAT.  The second: x (n) = those from
 * `begin` on. */
hl_status hl_safetensor_read(const hl_safetensor *t, float *x);
hl_status hl_safetensor_read_part(const hl_safetensor *t, float *x, size_t begin, size_t n);

/* x (n) = the only tensor of the file, whatever its name and shape. */
hl_status hl_safetensors_vector(const char *path, size_t n, float *x);

#endif
