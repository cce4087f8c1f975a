/* h5-frame.h - a new HDF5 file but for its numbers, which several ranks may then write where they belong.
 *
 * A library that fails while it writes cannot be called again, and HDF5 writes what it knows of a file when that is
 * closed.  So a new file is laid out in memory (memfd_create), where nothing fails for want of room, and we bring it to
 * the disk ourselves.  The file in memory is sparse: as large as the one on the disk, it takes pages only for what HDF5
 * writes.  Arrays are contiguous, little-endian and without filters; the same arrays give the same bytes. */
#ifndef IO_FILES_H5_FRAME_H
#define IO_FILES_H5_FRAME_H
#include "base/error.h"
#include <jansson.h>
#include <stdint.h>

typedef enum { HL_H5_U8, HL_H5_I32, HL_H5_I64, HL_H5_F32, HL_H5_TYPES } hl_h5_type;

enum { HL_H5_DIMS = 4, HL_H5_NAME = 200 };

typedef struct {
    char name[HL_H5_NAME]; /* its path in the file; groups on the way are made */
    hl_h5_type type;
    int ndim; /* 0: one number */
    int64_t shape[HL_H5_DIMS];
    int64_t at; /* byte of the file at which its numbers begin, which hl_h5_frame_make sets */
} hl_h5_array;

/* Where numbers go there are no pages. */
typedef struct {
    const char *bytes;
    int64_t size; /* of the file */
} hl_h5_frame;

/* Lay out a new file of these n arrays: sets their `at`.  about: an object whose texts and integers become attributes
 * of the file's root; NULL: none.  HL_ESTORE.  Free the frame also after a failure.  Local; no disk is needed. */
hl_status hl_h5_frame_make(hl_h5_frame *f, hl_h5_array *arrays, int n, const json_t *about);
void hl_h5_frame_free(hl_h5_frame *f);

/* Write the frame, all but the numbers, into the file `path`, which is open.  Local. */
hl_status hl_h5_frame_write(const hl_h5_frame *f, int fd, const char *path, const hl_h5_array *arrays, int n);

#endif
