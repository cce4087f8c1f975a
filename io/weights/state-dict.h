/* state-dict.h - named tensors of other programs' files: safetensors, or PyTorch's.
 *
 * A file is of the format that its first bytes say (io/weights/state-dict-file.h has the table).  Files are mapped, not
 * read: a tensor costs memory when it is copied out, and whoever wants some of its numbers touches only their pages.
 * A file that is not what it should be is HL_EFORMAT with a sentence. */
#ifndef IO_WEIGHTS_STATE_DICT_H
#define IO_WEIGHTS_STATE_DICT_H
#include "base/error.h"
#include "io/files/relay.h"
#include <stddef.h>
#include <stdint.h>

enum { HL_STATE_DIMS = 8 };

typedef struct {
    const char *name;
    const char *dtype; /* "F32", "BF16", ... */
    int ndim;
    int64_t shape[HL_STATE_DIMS];
    int64_t stride[HL_STATE_DIMS]; /* numbers from one to the next along each axis */
    size_t count;                  /* of numbers */
    const void *bytes;             /* the first number, as in the file; aligned to nothing */
    const char *path;              /* of the file that has it */
} hl_state_tensor;

typedef struct hl_state_dict hl_state_dict;

/* Open `where`: a file; or a folder with one of these, the first that is there:
 *     model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json
 * An index names files of the folder.  Local.  Close *out also after a failure.  The second: each file is opened once
 * a machine. */
hl_status hl_state_dict_open(hl_state_dict **out, const char *where);
hl_status hl_state_dict_open_by(hl_state_dict **out, hl_relay *relay, const char *where);
void hl_state_dict_close(hl_state_dict *s);

/* The tensors of s whose names begin with `prefix`, called by what follows it.  Close *out before s.  Local. */
void hl_state_dict_under(hl_state_dict **out, const hl_state_dict *s, const char *prefix);

/* The tensors, in the order of their names; they live as long as s. */
int hl_state_dict_count(const hl_state_dict *s);
const hl_state_tensor *hl_state_dict_at(const hl_state_dict *s, int i);
/* The tensor of this name; NULL where there is none. */
const hl_state_tensor *hl_state_dict_find(const hl_state_dict *s, const char *name);

/* x (t->count) = the numbers, row by row; F32, F16 and BF16 are exact, F64 is rounded, others are HL_EFORMAT.  The
 * second: x (n) = those from `begin` on. */
hl_status hl_state_dict_read(const hl_state_tensor *t, float *x);
hl_status hl_state_dict_read_part(const hl_state_tensor *t, float *x, size_t begin, size_t n);

/* x (n) = the only tensor of the file, whatever its name and shape. */
hl_status hl_state_dict_vector(const char *path, size_t n, float *x);

#endif
