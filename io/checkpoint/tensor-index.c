/* tensor-index.c - where the numbers of each tensor lie in an HDF5 file.
 *
 * A library that fails while it writes cannot be called again, and HDF5 writes what it knows of a file when that is
 * closed. So a new file is laid out in memory (memfd_create), where nothing fails for want of room, and we bring it
 * to the disk ourselves.  The file in memory is sparse: as large as the one on the disk, it takes pages only for
 * what HDF5 writes. */
#include "io/checkpoint/tensor-index.h"
#include "base/arena.h"
#include "io/files/h5.h"
#include "io/files/positioned.h"
#include "io/files/reads.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(float) == 4,
               "a float in memory is a float in the file");

enum { NAME = 200 }; /* bytes of a dataset's path */
static const char MEMORY[] = "a file in memory";

int64_t hl_tensor_numbers(const hl_tensor *t)
{
    int64_t numbers = 1;
    for (int d = 0; d < t->ndim; d++) numbers *= t->shape[d];
    return numbers;
}

static int64_t bytes_of(const hl_tensor_entry *e) { return hl_tensor_numbers(&e->tensor) * (int64_t)sizeof(float); }

static void name_of(char out[NAME], const hl_tensor_entry *e)
{
    snprintf(out, NAME, "%s/%s", e->under, e->tensor.name);
}

static hl_status trouble(const char *path, const char *act, const char *name)
{
    return HL_FAIL(HL_ESTORE, "%s: HDF5 cannot %s %s: %s", path, act, name, hl_h5_reason());
}

/* ---- a new file ---- */

/* No fill: every number is written.  No times: the same numbers give the same bytes. */
static hid_t create(hid_t file, const char *name, const hl_tensor *t)
{
    hsize_t dims[HL_TENSOR_DIMS];
    for (int i = 0; i < t->ndim; i++) dims[i] = (hsize_t)t->shape[i];
    hid_t how = H5Pcreate(H5P_DATASET_CREATE), link = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_alloc_time(how, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(how, false);
    H5Pset_create_intermediate_group(link, 1);
    hid_t space = t->ndim ? H5Screate_simple(t->ndim, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(file, name, H5T_IEEE_F32LE, space, link, how, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(link);
    H5Pclose(how);
    return set;
}

static hl_status add(hl_tensor_entry *e, hid_t file)
{
    char name[NAME];
    name_of(name, e);
    hid_t set = create(file, name, &e->tensor);
    if (set < 0) return trouble(MEMORY, "create", name);
    const haddr_t at = H5Dget_offset(set);
    H5Dclose(set);
    if (at == HADDR_UNDEF) return trouble(MEMORY, "find room for", name);
    e->at = (int64_t)at;
    return HL_OK;
}

/* The path is a link to what has no name, which the usual driver would look for. */
static hl_status lay_out(hl_tensor_entry *e, int n, const char *path)
{
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_stdio(how);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, how);
    H5Pclose(how);
    if (file < 0) return trouble(MEMORY, "create", "it");
    hl_status s = HL_OK;
    for (int i = 0; i < n && s == HL_OK; i++) s = add(&e[i], file);
    if (H5Fclose(file) < 0 && s == HL_OK) s = trouble(MEMORY, "close", "it");
    return s;
}

static hl_status map(hl_tensor_image *image, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return hl_remedy_fail(MEMORY, "be measured", errno);
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return hl_remedy_fail(MEMORY, "be mapped", errno);
    *image = (hl_tensor_image){at, (int64_t)st.st_size};
    return HL_OK;
}

hl_status hl_tensor_index_make(hl_tensor_entry *e, int n, hl_tensor_image *image)
{
    char path[60];
    *image = (hl_tensor_image){0};
    hl_h5_quiet();
    const int fd = memfd_create("hllm-checkpoint", MFD_CLOEXEC);
    if (fd < 0) return hl_remedy_fail(MEMORY, "be made", errno);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hl_status s = lay_out(e, n, path);
    if (s == HL_OK) s = map(image, fd);
    close(fd);
    return s;
}

void hl_tensor_image_free(hl_tensor_image *image)
{
    if (image->bytes) munmap((void *)(uintptr_t)image->bytes, (size_t)image->size);
    *image = (hl_tensor_image){0};
}

static int by_place(const void *a, const void *b)
{
    const hl_tensor_entry *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

hl_status hl_tensor_image_write(const hl_tensor_image *image, int fd, const char *path, const hl_tensor_entry *e, int n)
{
    hl_tensor_entry *sorted = hl_alloc((size_t)n * sizeof *sorted);
    memcpy(sorted, e, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_place);
    int64_t at = 0;
    hl_status s = HL_OK;
    for (int i = 0; i < n && s == HL_OK; i++) {
        s = hl_positioned_write(fd, path, image->bytes + at, (size_t)(sorted[i].at - at), at);
        at = sorted[i].at + bytes_of(&sorted[i]);
    }
    free(sorted);
    return s == HL_OK ? hl_positioned_write(fd, path, image->bytes + at, (size_t)(image->size - at), at) : s;
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
    char name[NAME];
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
