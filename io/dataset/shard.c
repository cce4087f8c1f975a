/* shard.c - named arrays in one HDF5 file, written once and then mapped.
 *
 * HDF5 builds the file in memory; we write it to the disk ourselves.  So a full disk is an ordinary failure of write,
 * which HDF5 itself does not survive, and the digest is that of the bytes that should be there, not of those that
 * are. */
#include "io/dataset/shard.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/fault.h"
#include "io/files/atomic.h"
#include "io/files/h5.h"
#include "io/files/mapped.h"
#include "io/files/reads.h"
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ALIGN = 64, GROW = 1 << 20 };

static size_t size_of(hl_element e)
{
    static const size_t sizes[HL_ELEMENTS] = {[HL_BYTES] = 1, [HL_INT32] = 4, [HL_INT64] = 8, [HL_UINT64] = 8};
    return sizes[e];
}

/* Types exist only once HDF5 runs, hence no table. */
static hid_t type_of(hl_element e)
{
    hid_t types[HL_ELEMENTS] = {
        [HL_BYTES] = H5T_STD_U8LE, [HL_INT32] = H5T_STD_I32LE, [HL_INT64] = H5T_STD_I64LE, [HL_UINT64] = H5T_STD_U64LE};
    return types[e];
}

/* An HDF5 file in memory, arrays aligned, without the time of day. */
static hid_t memory_file(const char *path)
{
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(how, GROW, false);
    H5Pset_alignment(how, 1, ALIGN);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, how);
    H5Pclose(how);
    return file;
}

static bool add_array(hid_t file, const hl_shard_array *a, const hl_shard_data *d)
{
    hsize_t n = (hsize_t)d->n;
    hid_t space = H5Screate_simple(1, &n, NULL), how = H5Pcreate(H5P_DATASET_CREATE), type = type_of(a->element);
    H5Pset_layout(how, H5D_CONTIGUOUS);
    H5Pset_obj_track_times(how, false);
    hid_t set = H5Dcreate2(file, a->name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    bool fits = set >= 0 && (n == 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, d->at) >= 0);
    if (set >= 0) H5Dclose(set);
    H5Pclose(how);
    H5Sclose(space);
    return fits;
}

/* The bytes of the file; NULL where HDF5 fails.  Release with free. */
static char *image_of(const char *path, const hl_shard_array *arrays, const hl_shard_data *data, int n, size_t *size)
{
    char *image = NULL;
    ssize_t bytes = -1;
    hid_t file = memory_file(path);
    bool fits = file >= 0;
    for (int i = 0; i < n && fits; i++) fits = add_array(file, &arrays[i], &data[i]);
    if (fits && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0) bytes = H5Fget_file_image(file, NULL, 0);
    if (bytes > 0) {
        image = hl_alloc((size_t)bytes);
        bytes = H5Fget_file_image(file, image, (size_t)bytes);
    }
    if (file >= 0) H5Fclose(file);
    *size = (size_t)bytes;
    if (bytes > 0) return image;
    free(image);
    return NULL;
}

hl_status hl_shard_write(const char *path, const hl_shard_array *arrays, const hl_shard_data *data, int n,
                         int64_t *size, uint64_t *digest)
{
    size_t bytes;
    hl_h5_quiet();
    char *image = image_of(path, arrays, data, n, &bytes);
    if (!image) return HL_FAIL(HL_EFAIL, "%s: HDF5 cannot make it: %s", path, hl_h5_reason());
    *size = (int64_t)bytes;
    *digest = hl_digest(image, bytes);
    hl_status s = hl_atomic_write(path, image, bytes);
    free(image);
    return s;
}

hl_status hl_shard_map(hl_shard *s, hl_relay *relay, const char *path, int64_t size)
{
    struct stat st;
    int fd;
    if (hl_fault("dataset-read", HL_FAULT_ME))
        return HL_FAIL(HL_ESTORE,
                       "%s: cannot be opened: %s; the dataset is not whole: remove its folder and prepare it again",
                       path, strerror(errno));
    HL_TRY(hl_relay_file(relay, &fd, &st, path, HL_ESTORE,
                         "the dataset is not whole: remove its folder and prepare it again"));
    void *at = MAP_FAILED;
    bool has_size = st.st_size == size && size > 0;
    if (has_size) at = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    int trouble = errno;
    close(fd);
    if (!has_size)
        return HL_FAIL(HL_ESTORE,
                       "%s: has %lld bytes, its manifest says %lld; remove the dataset's folder and prepare it again",
                       path, (long long)st.st_size, (long long)size);
    if (at == MAP_FAILED)
        return HL_FAIL(HL_ESTORE, "%s: cannot be mapped: %s; see the limits of this machine", path, strerror(trouble));
    *s = (hl_shard){at, size};
    hl_mapped_add(at, (size_t)size, path);
    return HL_OK;
}

void hl_shard_unmap(hl_shard *s)
{
    if (s->bytes) hl_mapped_remove(s->bytes);
    if (s->bytes) munmap((void *)(uintptr_t)s->bytes, (size_t)s->size);
    *s = (hl_shard){0};
}

void hl_shard_release(const hl_shard *s) { madvise((void *)(uintptr_t)s->bytes, (size_t)s->size, MADV_DONTNEED); }

/* Only one layout can be mapped: the one written above. */
static bool find_array(hl_shard_place *p, hid_t file, const hl_shard_array *a)
{
    hid_t set = H5Dopen2(file, a->name, H5P_DEFAULT);
    if (set < 0) return false;
    hid_t how = H5Dget_create_plist(set), type = H5Dget_type(set), space = H5Dget_space(set);
    bool maps = H5Pget_layout(how) == H5D_CONTIGUOUS && H5Pget_external_count(how) == 0
                && H5Tequal(type, type_of(a->element)) > 0 && H5Sget_simple_extent_ndims(space) == 1;
    hssize_t n = H5Sget_simple_extent_npoints(space);
    haddr_t offset = n > 0 ? H5Dget_offset(set) : 0;
    *p = (hl_shard_place){(int64_t)offset, (int64_t)n};
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(how);
    H5Dclose(set);
    return maps && n >= 0 && offset <= (haddr_t)INT64_MAX;
}

hl_status hl_shard_find(hl_shard_place *places, const char *path, const hl_shard_array *arrays, int n)
{
    hl_h5_quiet();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        return HL_FAIL(HL_EFORMAT, "%s: is not an HDF5 file: %s; prepare the dataset again", path, hl_h5_reason());
    hl_reads_opened();
    int found = 0;
    while (found < n && find_array(&places[found], file, &arrays[found])) found++;
    H5Fclose(file);
    if (found == n) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: has no plain array '%s'; prepare the dataset again", path, arrays[found].name);
}

hl_status hl_shard_use(hl_shard_data *data, const hl_shard *s, const hl_shard_place *places, const char *path,
                       const hl_shard_array *arrays, int n)
{
    for (int i = 0; i < n; i++) {
        const hl_shard_place *p = &places[i];
        int64_t size = (int64_t)size_of(arrays[i].element);
        bool is_inside = p->n >= 0 && p->offset >= 0 && p->offset <= s->size && p->n <= (s->size - p->offset) / size;
        if (!is_inside || p->offset % size != 0)
            return HL_FAIL(HL_EFORMAT, "%s: array '%s' does not lie inside the file; prepare the dataset again", path,
                           arrays[i].name);
        data[i] = (hl_shard_data){p->n, s->bytes + p->offset};
    }
    return HL_OK;
}
