/* tensors.c - logical tensors in one HDF5 file, written and read by many ranks together.
 *
 * Creating, opening and closing are collective over the world; the numbers travel independently, so a rank moves only
 * what it has and a contiguous dataset with early allocation needs nobody else.  A rank's share is one piece of its array
 * (the side's tensors one after the other), so it touches few datasets and writes long runs. */
#include "io/tensors.h"
#include "base/arena.h"
#include "base/fault.h"
#include "io/h5.h"
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Numbers moved at once: MPI-IO counts bytes in an int. */
static const int64_t MOST = (int64_t)1 << 28;

enum { HEADER = 1 << 16, DATASET_HEADER = 1 << 12 }; /* bytes; HDF5 takes about a third of it */

/* ---- names and shares ---- */

static int find(const hl_tensor *list, int n, const char *name)
{
    for (int i = n - 1; i >= 0; i--)
        if (strcmp(list[i].name, name) == 0) return i;
    return -1;
}

static hl_tensor tensor_of(const hl_param *p)
{
    hl_tensor t = {.name = p->stack};
    if (p->layer >= 0) t.shape[t.ndim++] = p->layers;
    for (int i = 0; i < p->ndim; i++) t.shape[t.ndim++] = p->shape[i];
    return t;
}

int hl_tensors_list(hl_tensor *list, const hl_params *t)
{
    int n = 0;
    for (int k = 0; k < t->n; k++)
        if (find(list, n, t->at[k].stack) < 0) list[n++] = tensor_of(&t->at[k]);
    return n;
}

/* Rows of my share. */
static int64_t rows_of(const hl_param *p)
{
    if (p->split_axis == 0) return p->mine.end - p->mine.begin;
    return p->ndim ? p->shape[0] : 1;
}

static size_t row_size(const hl_param *p)
{
    return p->count / (size_t)rows_of(p);
}

/* ---- HDF5 ---- */

typedef struct {
    const char *path;
    hid_t file;
    bool writing;
    int rank;
} place;

static hl_status trouble(const place *f, const char *act, const char *name)
{
    return HL_FAIL(HL_ESTORE, "%s: HDF5 cannot %s %s: %s", f->path, act, name, hl_h5_reason());
}

static _Noreturn void end_job(void)
{
    char sentence[1200];
    snprintf(sentence, sizeof sentence, "%s; make space or see what the disk says, and start again: the checkpoint before this one is whole", hl_error_text());
    hl_end_job(HL_ESTORE, sentence);
}

static hid_t access_by_all(const hl_group *world)
{
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_mpio(how, world->comm, MPI_INFO_NULL);
    return how;
}

static hl_status open_file(place *f, const hl_group *world)
{
    hl_h5_quiet();
    hid_t how = access_by_all(world);
    f->file = f->writing ? H5Fcreate(f->path, H5F_ACC_TRUNC, H5P_DEFAULT, how) : H5Fopen(f->path, H5F_ACC_RDONLY, how);
    H5Pclose(how);
    return f->file >= 0 ? HL_OK : trouble(f, f->writing ? "create" : "open", "the file");
}

static hl_status close_file(place *f)
{
    return H5Fclose(f->file) >= 0 ? HL_OK : trouble(f, "close", "the file");
}

/* What the file will hold, with room to spare for HDF5's own. */
static int64_t bytes_of(const hl_tensor_array *arrays, int n)
{
    int64_t bytes = HEADER;
    for (int i = 0; i < n; i++) {
        hl_tensor *list = hl_alloc((size_t)arrays[i].whole->n * sizeof *list);
        for (int k = hl_tensors_list(list, arrays[i].whole) - 1; k >= 0; k--) {
            int64_t numbers = 1;
            for (int d = 0; d < list[k].ndim; d++) numbers *= list[k].shape[d];
            bytes += DATASET_HEADER + numbers * (int64_t)sizeof(float);
        }
        free(list);
    }
    return bytes;
}

/* Take the disk's blocks before HDF5 writes: a rank that finds the disk full in H5Fclose waits there for ranks that wait
 * elsewhere, and no status comes back.  Closing cuts off what is too much.  Not every file system can promise blocks. */
static hl_status reserve(const place *f, int64_t bytes)
{
    int fd = open(f->path, O_WRONLY | O_CLOEXEC);
    bool refused = fd < 0 || (fallocate(fd, 0, 0, bytes) != 0 && errno != EOPNOTSUPP && errno != ENOSYS);
    hl_status s = refused ? HL_FAIL(HL_ESTORE, "%s: no room for %.1f MB: %s", f->path, (double)bytes / 1e6, strerror(errno)) : HL_OK;
    if (fd >= 0) close(fd);
    return s;
}

/* No fill: every number is written.  No times: the same numbers give the same bytes. */
static hid_t create_dataset(hid_t file, const char *name, const hl_tensor *t)
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

static hl_status open_dataset(hid_t *set, const place *f, const hl_tensor_array *a, const hl_tensor *t)
{
    char name[100];
    snprintf(name, sizeof name, "%s/%s", a->under, t->name);
    *set = f->writing ? create_dataset(f->file, name, t) : H5Dopen2(f->file, name, H5P_DEFAULT);
    return *set >= 0 ? HL_OK : trouble(f, f->writing ? "create" : "open", name);
}

/* Select rows [first, first + n) of my share of a slice in its dataset. */
static herr_t select_rows(hid_t space, const hl_param *p, int64_t first, int64_t n)
{
    hsize_t start[HL_TENSOR_DIMS] = {0}, count[HL_TENSOR_DIMS];
    int d = 0;
    if (p->layer >= 0) {
        start[d] = (hsize_t)p->layer;
        count[d++] = 1;
    }
    for (int i = 0; i < p->ndim; i++, d++) {
        const hl_cut all = {0, p->shape[i], 0, 0}, *mine = i == p->split_axis ? &p->mine : i == p->cross_axis ? &p->cross : &all;
        start[d] = (hsize_t)(mine->begin + (i == 0 ? first : 0));
        count[d] = (hsize_t)(i == 0 ? n : mine->end - mine->begin);
    }
    return d ? H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) : H5Sselect_all(space);
}

/* Move n rows of a slice, from row `first` on, between memory and the dataset. */
static hl_status move_rows(const place *f, hid_t set, const hl_param *p, float *at, int64_t first, int64_t n)
{
    hsize_t numbers = (hsize_t)n * row_size(p);
    hid_t space = H5Dget_space(set), memory = H5Screate_simple(1, &numbers, NULL);
    herr_t e = select_rows(space, p, first, n);
    if (e >= 0) e = f->writing ? H5Dwrite(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, at)
                               : H5Dread(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, at);
    hl_status s = e >= 0 ? HL_OK : trouble(f, f->writing ? "write" : "read", p->name);
    if (f->writing && hl_fault("checkpoint-write", f->rank)) s = HL_FAIL(HL_ESTORE, "%s: HDF5 cannot write %s: a fault is wished for", f->path, p->name);
    H5Sclose(memory);
    H5Sclose(space);
    return s;
}

/* That part of a slice which lies in [begin, end) of the array, of which x has the numbers from `first` on. */
static hl_status move_part(const place *f, hid_t set, const hl_param *p, float *x, size_t first, size_t begin, size_t end)
{
    size_t lo = begin > p->offset ? begin : p->offset, hi = end < p->offset + p->count ? end : p->offset + p->count;
    if (lo >= hi) return HL_OK;
    int64_t row = (int64_t)row_size(p), at = (int64_t)(lo - p->offset) / row, stop = (int64_t)(hi - p->offset) / row;
    int64_t step = MOST / row > 0 ? MOST / row : 1;
    for (; at < stop; at += step)
        HL_TRY(move_rows(f, set, p, x + (p->offset + (size_t)(at * row) - first), at, stop - at < step ? stop - at : step));
    return HL_OK;
}

/* My block, if I hold any. */
static hl_status move_block(const place *f, const hl_tensor_array *a, const hid_t *sets, const hl_tensor *list, int n)
{
    if (!hl_group_has_me(a->holders)) return HL_OK;
    size_t begin = hl_params_block_begin(a->table, a->holders->size, a->holders->rank);
    size_t end = hl_params_block_begin(a->table, a->holders->size, a->holders->rank + 1);
    for (int k = 0; k < a->table->n; k++) {
        const hl_param *p = &a->table->at[k];
        HL_TRY(move_part(f, sets[find(list, n, p->stack)], p, a->x, a->block ? begin : 0, begin, end));
    }
    return HL_OK;
}

static hl_status move_array(const place *f, const hl_tensor_array *a)
{
    hl_tensor *list = hl_alloc((size_t)a->whole->n * sizeof *list);
    hid_t *sets = hl_alloc((size_t)a->whole->n * sizeof *sets);
    int n = hl_tensors_list(list, a->whole), opened = 0;
    hl_status s = HL_OK;
    while (opened < n && (s = open_dataset(&sets[opened], f, a, &list[opened])) == HL_OK) opened++;
    if (s == HL_OK) s = move_block(f, a, sets, list, n);
    while (opened > 0) H5Dclose(sets[--opened]);
    free(sets);
    free(list);
    return s;
}

void hl_tensors_write(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n)
{
    place f = {.path = path, .writing = true, .rank = world->rank};
    hl_status s = open_file(&f, world);
    if (s == HL_OK && f.rank == 0) s = reserve(&f, bytes_of(arrays, n));
    if (s != HL_OK) end_job();
    hl_group_wait(world); /* nobody else complains of what the first has found */
    for (int i = 0; i < n && s == HL_OK; i++) s = move_array(&f, &arrays[i]);
    if (s != HL_OK || close_file(&f) != HL_OK) end_job();
}

/* Each holder has read its block; now everyone gets the others', where arrays are whole. */
static void gather(const hl_tensor_array *a)
{
    if (!hl_group_has_me(a->holders) || a->block) return;
    for (int r = 0; r < a->holders->size; r++) {
        size_t begin = hl_params_block_begin(a->table, a->holders->size, r), end = hl_params_block_begin(a->table, a->holders->size, r + 1);
        hl_group_share(a->holders, a->x + begin, (end - begin) * sizeof *a->x, r);
    }
}

hl_status hl_tensors_read(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n)
{
    place f = {.path = path, .rank = world->rank};
    HL_TRY_ALL(world, open_file(&f, world));
    hl_status s = HL_OK;
    for (int i = 0; i < n && s == HL_OK; i++) s = move_array(&f, &arrays[i]);
    hl_status closed = close_file(&f);
    HL_TRY_ALL(world, s != HL_OK ? s : closed);
    for (int i = 0; i < n; i++) gather(&arrays[i]);
    return HL_OK;
}
