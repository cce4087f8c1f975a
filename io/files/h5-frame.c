/* h5-frame.c - a new HDF5 file but for its numbers. */
#include "io/files/h5-frame.h"
#include "base/alloc.h"
#include "io/files/h5.h"
#include "io/files/positioned.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(float) == 4,
               "a number in memory is a number in the file");

static const char MEMORY[] = "a file in memory";

static const int64_t sizes[HL_H5_TYPES] = {[HL_H5_U8] = 1, [HL_H5_I32] = 4, [HL_H5_I64] = 8, [HL_H5_F32] = 4};

/* Types exist only once HDF5 runs, hence no table. */
static hid_t type_of(hl_h5_type t)
{
    const hid_t types[HL_H5_TYPES] = {[HL_H5_U8] = H5T_STD_U8LE,
                                      [HL_H5_I32] = H5T_STD_I32LE,
                                      [HL_H5_I64] = H5T_STD_I64LE,
                                      [HL_H5_F32] = H5T_IEEE_F32LE};
    return types[t];
}

static int64_t bytes_of(const hl_h5_array *a)
{
    int64_t bytes = sizes[a->type];
    for (int d = 0; d < a->ndim; d++) bytes *= a->shape[d];
    return bytes;
}

static hl_status trouble(const char *act, const char *name)
{
    return HL_FAIL(HL_ESTORE, "%s: HDF5 cannot %s %s: %s", MEMORY, act, name, hl_h5_reason());
}

/* ---- arrays */

/* No fill: every number is written.  No times: the same numbers give the same bytes. */
static hid_t create(hid_t file, const hl_h5_array *a)
{
    hsize_t dims[HL_H5_DIMS];
    for (int i = 0; i < a->ndim; i++) dims[i] = (hsize_t)a->shape[i];
    hid_t how = H5Pcreate(H5P_DATASET_CREATE), link = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_alloc_time(how, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(how, false);
    H5Pset_create_intermediate_group(link, 1);
    hid_t space = a->ndim ? H5Screate_simple(a->ndim, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(file, a->name, type_of(a->type), space, link, how, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(link);
    H5Pclose(how);
    return set;
}

static hl_status add_array(hl_h5_array *a, hid_t file)
{
    hid_t set = create(file, a);
    if (set < 0) return trouble("create", a->name);
    const bool is_empty = bytes_of(a) == 0;
    const haddr_t at = is_empty ? 0 : H5Dget_offset(set);
    H5Dclose(set);
    if (at == HADDR_UNDEF) return trouble("find room for", a->name);
    a->at = (int64_t)at;
    return HL_OK;
}

/* ---- attributes */

static hl_status put_attribute(hid_t file, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool is_put = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    return is_put ? HL_OK : trouble("keep", name);
}

static hl_status put_text(hid_t file, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE); /* which h5py gives as str, others as bytes */
    H5Tset_cset(type, H5T_CSET_UTF8);
    const hl_status s = put_attribute(file, name, type, &text);
    H5Tclose(type);
    return s;
}

static hl_status add_about(hid_t file, const json_t *about)
{
    const char *name;
    json_t *x;
    json_object_foreach((json_t *)(uintptr_t)about, name, x)
    {
        const int64_t n = json_integer_value(x);
        HL_TRY(json_is_string(x) ? put_text(file, name, json_string_value(x))
                                 : put_attribute(file, name, H5T_NATIVE_INT64, &n));
    }
    return HL_OK;
}

/* ---- the file */

/* The path is a link to what has no name, which the usual driver would look for. */
static hl_status lay_out(hl_h5_array *arrays, int n, const json_t *about, const char *path)
{
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_stdio(how);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, how);
    H5Pclose(how);
    if (file < 0) return trouble("create", "it");
    hl_status s = add_about(file, about);
    for (int i = 0; i < n && s == HL_OK; i++) s = add_array(&arrays[i], file);
    if (H5Fclose(file) < 0 && s == HL_OK) s = trouble("close", "it");
    return s;
}

static hl_status map(hl_h5_frame *f, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return hl_remedy_fail(MEMORY, "be measured", errno);
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return hl_remedy_fail(MEMORY, "be mapped", errno);
    *f = (hl_h5_frame){at, (int64_t)st.st_size};
    return HL_OK;
}

hl_status hl_h5_frame_make(hl_h5_frame *f, hl_h5_array *arrays, int n, const json_t *about)
{
    char path[60];
    *f = (hl_h5_frame){0};
    hl_h5_quiet();
    const int fd = memfd_create("hllm-file", MFD_CLOEXEC);
    if (fd < 0) return hl_remedy_fail(MEMORY, "be made", errno);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hl_status s = lay_out(arrays, n, about, path);
    if (s == HL_OK) s = map(f, fd);
    close(fd);
    return s;
}

void hl_h5_frame_free(hl_h5_frame *f)
{
    if (f->bytes) munmap((void *)(uintptr_t)f->bytes, (size_t)f->size);
    *f = (hl_h5_frame){0};
}

static int by_place(const void *a, const void *b)
{
    const hl_h5_array *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

hl_status hl_h5_frame_write(const hl_h5_frame *f, int fd, const char *path, const hl_h5_array *arrays, int n)
{
    hl_h5_array *sorted = hl_alloc((size_t)n * sizeof *sorted);
    memcpy(sorted, arrays, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_place);
    int64_t at = 0;
    hl_status s = HL_OK;
    for (int i = 0; i < n && s == HL_OK; i++) {
        if (bytes_of(&sorted[i]) == 0) continue;
        s = hl_positioned_write(fd, path, f->bytes + at, (size_t)(sorted[i].at - at), at);
        at = sorted[i].at + bytes_of(&sorted[i]);
    }
    free(sorted);
    return s == HL_OK ? hl_positioned_write(fd, path, f->bytes + at, (size_t)(f->size - at), at) : s;
}
