/* tensor-index.h - where the numbers of each tensor lie in an HDF5 file.
 *
 * HDF5 lays a new file out in memory (io/files/h5-frame.h), or reads the names in an existing one.  The numbers then go
 * between memory and disk without HDF5, since a dataset is one run of little-endian floats. */
#ifndef IO_CHECKPOINT_TENSOR_INDEX_H
#define IO_CHECKPOINT_TENSOR_INDEX_H
#include "base/error.h"
#include "model/params.h"
#include "io/files/h5-frame.h"

enum { HL_TENSOR_DIMS = HL_PARAM_DIMS + 1 };

/* One dataset. */
typedef struct {
    const char *name; /* the table's, or whoever made the list's */
    int ndim;
    int64_t shape[HL_TENSOR_DIMS];
} hl_tensor;

int64_t hl_tensor_numbers(const hl_tensor *t);

typedef struct {
    hl_tensor tensor;
    const char *under; /* the HDF5 group of the dataset: "" for the root, "m" */
    int64_t at;        /* byte of the file at which its numbers begin */
} hl_tensor_entry;

/* Lay out a new file of these n datasets: sets their `at` and makes the frame, which is freed also after a failure.
 * Local; no disk is needed. */
hl_status hl_tensor_index_make(hl_tensor_entry *e, int n, hl_h5_frame *frame);

/* Write the frame, all but the numbers, into the file `path`, which is open.  Local. */
hl_status hl_tensor_index_write(const hl_h5_frame *frame, int fd, const char *path, const hl_tensor_entry *e, int n);

/* Find the n datasets in a file and set their `at`.  HL_ESTORE where one is missing, has another shape, is not
 * contiguous 32-bit floats or does not lie inside the file.  Local. */
hl_status hl_tensor_index_find(hl_tensor_entry *e, int n, const char *path);

#endif
