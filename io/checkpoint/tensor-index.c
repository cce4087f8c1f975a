/* tensor-index.c - where the numbers of each tensor lie in an HDF5 file. */
#include "io/checkpoint/tensor-index.h"
#include "base/alloc.h"
#include "io/files/h5.h"
#include "io/files/reads.h"
#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert((int)HL_TENSOR_DIMS <= (int)HL_H5_DIMS, "a tensor is an array");

int64_t hl_tensor_numbers(const hl_tensor *t)
{
    int64_t numbers = 1;
    for (int d = 0; d < t->ndim; d++) numbers *= t->shape[d];
    return numbers;
}

static int64_t bytes_of(const hl_tensor_entry *e) { return hl_tensor_numbers(&e->tensor) * (int64_t)sizeof(float); }

static void name_of(char out[HL_H5_NAME], const hl_tensor_entry *e)
{
    snprintf(out, HL_H5_NAME, "%s/%s", e->under, e->tensor.name);
}

static hl_status trouble(const char *path, const char *act, const char *name)
{
    return HL_FAIL(HL_ESTORE, "%s: HDF5 cannot %s %s: %s", path, act, name, hl_h5_reason());
}

/* ---- a new file ---- */

/* The same datasets as a frame knows them; release with free. */
static hl_h5_array *arrays_of(const hl_tensor_entry *e, int n)
{
    hl_h5_array *a = hl_alloc((size_t)n * sizeof *a);
    for (int i = 0; i < n; i++) {
        a[i] = (hl_h5_array){.type = HL_H5_F32, .ndim = e[i].tensor.ndim, .at = e[i].at};
        name_of(a[i].name, &e[i]);
        for (int d = 0; d < e[i].tensor.ndim; d++) a[i].shape[d] = e[i].tensor.shape[d];
    }
    return a;
}

hl_status hl_tensor_index_make(hl_tensor_entry *e, int n, hl_h5_frame *frame)
{
    hl_h5_array *a = arrays_of(e, n);
    const hl_status s = hl_h5_frame_make(frame, a, n, NULL);
    for (int i = 0; i < n; i++) e[i].at = a[i].at;
    free(a);
    return s;
}

hl_status hl_tensor_index_write(const hl_h5_frame *frame, int fd, const char *path, const hl_tensor_entry *e, int n)
{
    hl_h5_array *a = arrays_of(e, n);
    const hl_status s = hl_h5_frame_write(frame, fd, path, a, n);
    free(a);
    return s;
}

/* ---- a file that is there ---- */

static bool has_shape(hid_t space, const hl_tensor *t)
{
    hsize_t dims[H5S_MAX_RANK];
    if (H5Sget_simple_extent_ndims(space) != t->ndim || H5Sget_simple_extent_dims(space, dims, NULL) < 0) return false;
    for (int i = 0; i < t->ndim; i++)
        if (dims[i] != (hsize_t)t->shape[i]) return false;
    return true;
}

static bool is_plain(hid_t set, hid_t how, hid_t type)
{
    return H5Pget_layout(how) == H5D_CONTIGUOUS && H5Pget_external_count(how) == 0 && H5Tequal(type, H5T_IEEE_F32LE) > 0
           && H5Dget_offset(set) != HADDR_UNDEF;
}

static hl_status look_at(hl_tensor_entry *e, hid_t set, const char *path, const char *name, int64_t size)
{
    hid_t how = H5Dget_create_plist(set), type = H5Dget_type(set), space = H5Dget_space(set);
    const bool is_it = how >= 0 && type >= 0 && space >= 0, plain = is_it && is_plain(set, how, type),
               fits = is_it && has_shape(space, &e->tensor);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (how >= 0) H5Pclose(how);
    if (!plain)
        return HL_FAIL(HL_ESTORE, "%s: %s is not an array of 32-bit floats in one piece; use another checkpoint", path,
                       name);
    if (!fits)
        return HL_FAIL(HL_ESTORE, "%s: %s has another shape than its manifest says; use another checkpoint", path,
                       name);
    const haddr_t at = H5Dget_offset(set);
    if (at > (haddr_t)size || bytes_of(e) > size - (int64_t)at)
        return HL_FAIL(HL_ESTORE, "%s: %s does not lie inside the file; use another checkpoint", path, name);
    e->at = (int64_t)at;
    return HL_OK;
}

static hl_status find(hl_tensor_entry *e, hid_t file, const char *path, int64_t size)
{
    char name[HL_H5_NAME];
    name_of(name, e);
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0) return trouble(path, "open", name);
    hl_status s = look_at(e, set, path, name, size);
    H5Dclose(set);
    return s;
}

hl_status hl_tensor_index_find(hl_tensor_entry *e, int n, const char *path)
{
    struct stat st;
    hl_h5_quiet();
    if (stat(path, &st) != 0)
        return HL_FAIL(HL_ESTORE, "%s: cannot be opened: %s; use another checkpoint", path, strerror(errno));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return trouble(path, "open", "the file");
    hl_reads_opened();
    hl_status s = HL_OK;
    for (int i = 0; i < n && s == HL_OK; i++) s = find(&e[i], file, path, (int64_t)st.st_size);
    H5Fclose(file);
    return s;
}
