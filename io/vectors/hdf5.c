/* hdf5.c - vectors as an HDF5 file.
 *
 *     vectors             float32 (n, D)
 *     id, id_begin        uint8, int64 (n + 1)    as in a dataset of ours
 *     text_digest, ...    uint64 (n)
 *
 * kind and model are attributes of the file.  Arrays are contiguous, without filters and times. */
#include "base/alloc.h"
#include "base/digest.h"
#include "io/files/h5.h"
#include "io/files/regular.h"
#include "io/vectors/vectors.h"
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MEMORY[] = "a file in memory";

static hl_status trouble(const char *act, const char *name)
{
    return HL_FAIL(HL_ESTORE, "%s: HDF5 cannot %s %s: %s", MEMORY, act, name, hl_h5_reason());
}

/* ---- a new file */

static hid_t create(hid_t file, const char *name, hid_t type, int ndim, const hsize_t *dims)
{
    hid_t how = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(ndim, dims, NULL);
    H5Pset_alloc_time(how, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(how, false);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(how);
    return set;
}

/* An array of one dimension with its numbers. */
static hl_status add(hid_t file, const char *name, hid_t type, int64_t n, const void *numbers)
{
    const hsize_t dims = (hsize_t)n;
    hid_t set = create(file, name, type, 1, &dims);
    if (set < 0) return trouble("create", name);
    const bool fails = n > 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) < 0;
    H5Dclose(set);
    return fails ? trouble("write", name) : HL_OK;
}

static hl_status add_vectors(hid_t file, const hl_vectors *v, int64_t *at)
{
    const hsize_t dims[] = {(hsize_t)v->rows, (hsize_t)v->D};
    hid_t set = create(file, "vectors", H5T_IEEE_F32LE, 2, dims);
    if (set < 0) return trouble("create", "vectors");
    const haddr_t place = H5Dget_offset(set);
    H5Dclose(set);
    *at = (int64_t)place;
    return place == HADDR_UNDEF ? trouble("find room for", "vectors") : HL_OK;
}

static hl_status add_word(hid_t file, const char *name, const char *word)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(word) + 1);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool fails = attribute < 0 || H5Awrite(attribute, type, word) < 0;
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return fails ? trouble("write", name) : HL_OK;
}

static hl_status add_all(hid_t file, const hl_vectors *v, int64_t *at)
{
    char digest[17];
    hl_digest_text(digest, v->model);
    HL_TRY(add_word(file, "kind", v->kind));
    HL_TRY(add_word(file, "model", digest));
    HL_TRY(add(file, "id", H5T_STD_U8LE, hl_vectors_id_bytes(v), v->id));
    HL_TRY(add(file, "id_begin", H5T_STD_I64LE, v->rows + 1, v->id_begin));
    HL_TRY(add(file, v->digest_name, H5T_STD_U64LE, v->rows, v->digest));
    return add_vectors(file, v, at);
}

/* The path is a link to what has no name, which the usual driver would look for. */
static hl_status lay_out(int fd, const hl_vectors *v, int64_t *at)
{
    char path[60];
    hl_h5_quiet();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_stdio(how);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, how);
    H5Pclose(how);
    if (file < 0) return trouble("create", "it");
    hl_status s = add_all(file, v, at);
    if (H5Fclose(file) < 0 && s == HL_OK) s = trouble("close", "it");
    return s;
}

/* ---- a file that is there */

/* A word of at most so many bytes; "": there is none. */
static void read_word(hid_t file, const char *name, char *word, size_t room)
{
    memset(word, 0, room);
    if (H5Aexists(file, name) <= 0) return;
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT), type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    const bool is_read = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0
                         && H5Tget_size(type) <= room && H5Aread(attribute, type, word) >= 0;
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    word[is_read ? room - 1 : 0] = 0;
}

static bool says(hid_t file, const char *name, const char *wanted)
{
    char word[32];
    read_word(file, name, word, sizeof word);
    return strcmp(word, wanted) == 0;
}

/* Where an array in one piece lies; below 0: there is no such array. */
static int64_t place_of(hid_t file, const char *name, hid_t wanted, int ndim, hsize_t dims[2])
{
    if (H5Lexists(file, name, H5P_DEFAULT) <= 0) return -1;
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0) return -1;
    hid_t how = H5Dget_create_plist(set), type = H5Dget_type(set), space = H5Dget_space(set);
    const bool fits = H5Pget_layout(how) == H5D_CONTIGUOUS && H5Pget_external_count(how) == 0
                      && H5Tequal(type, wanted) > 0 && H5Sget_simple_extent_ndims(space) == ndim
                      && H5Sget_simple_extent_dims(space, dims, NULL) == ndim;
    const haddr_t at = H5Dget_offset(set);
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(how);
    H5Dclose(set);
    return fits && at != HADDR_UNDEF ? (int64_t)at : -1;
}

typedef struct {
    int64_t vectors, digest, rows;
} places;

static bool look(places *p, hid_t file, const hl_vectors *v)
{
    char digest[17];
    hsize_t dims[2] = {0}, n[2] = {0};
    hl_digest_text(digest, v->model);
    if (!says(file, "kind", v->kind) || !says(file, "model", digest)) return false;
    p->vectors = place_of(file, "vectors", H5T_IEEE_F32LE, 2, dims);
    p->digest = place_of(file, v->digest_name, H5T_STD_U64LE, 1, n);
    p->rows = (int64_t)dims[0];
    return p->vectors >= 0 && p->digest >= 0 && dims[0] == n[0] && dims[1] == (hsize_t)v->D;
}

static bool look_into(places *p, const char *path, const hl_vectors *v)
{
    hl_h5_quiet();
    hid_t file = hl_regular_is(path) ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
    if (file < 0) return false;
    const bool fits = look(p, file, v);
    H5Fclose(file);
    return fits;
}

static void release(void *held)
{
    hl_vectors_map_close(held);
    free(held);
}

static bool lies_in(int64_t at, int64_t rows, size_t row, size_t size)
{
    return (size_t)at <= size && (size_t)rows <= (size - (size_t)at) / row;
}

static bool find(hl_vectors_there *t, const char *path, const char *beside, const hl_vectors *v)
{
    places p;
    (void)beside;
    if (!look_into(&p, path, v)) return false;
    hl_vectors_map *m = hl_alloc(sizeof *m);
    const size_t row = (size_t)v->D * sizeof(float), digest = sizeof *v->digest;
    const bool fits = hl_vectors_map_open(m, path) && lies_in(p.vectors, p.rows, row, m->size)
                      && lies_in(p.digest, p.rows, digest, m->size);
    if (fits) *t = (hl_vectors_there){m->bytes + p.vectors, m->bytes + p.digest, digest, p.rows, m, release};
    else release(m);
    return fits;
}

/* ---- its rows */

typedef struct {
    int64_t vectors, id, id_begin, id_bytes;
} row_places;

static bool find_rows(row_places *p, hid_t file, const hl_vectors_head *h)
{
    hsize_t dims[2] = {0}, n[2] = {0}, bytes[2] = {0};
    p->vectors = place_of(file, "vectors", H5T_IEEE_F32LE, 2, dims);
    p->id_begin = place_of(file, "id_begin", H5T_STD_I64LE, 1, n);
    p->id = place_of(file, "id", H5T_STD_U8LE, 1, bytes);
    p->id_bytes = (int64_t)bytes[0];
    return p->vectors >= 0 && p->id_begin >= 0 && p->id >= 0 && (int64_t)dims[0] == h->rows && (int64_t)dims[1] == h->D
           && n[0] == dims[0] + 1;
}

static bool open_rows(hl_vectors_rows *r, const char *path)
{
    row_places p = {0};
    hl_h5_quiet();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return false;
    const bool has = find_rows(&p, file, &r->head);
    H5Fclose(file);
    if (!has) return false;
    hl_vectors_map *m = hl_alloc(sizeof *m);
    const bool fits =
        hl_vectors_map_open(m, path) && lies_in(p.vectors, r->head.rows, (size_t)r->head.D * sizeof(float), m->size)
        && lies_in(p.id_begin, r->head.rows + 1, sizeof(int64_t), m->size) && lies_in(p.id, p.id_bytes, 1, m->size);
    if (!fits) {
        release(m);
        return false;
    }
    r->vector = m->bytes + p.vectors, r->id = m->bytes + p.id, r->id_begin = m->bytes + p.id_begin;
    r->id_bytes = p.id_bytes;
    r->held = m, r->release = release;
    return true;
}

/* ---- what it says */

static bool look_at(hl_vectors_head *h, hid_t file)
{
    static const char *const names[] = {"text_digest", "history_digest"};
    hsize_t dims[2] = {0};
    read_word(file, "kind", h->kind, sizeof h->kind);
    read_word(file, "model", h->model, sizeof h->model);
    for (int i = 0; i < 2; i++)
        if (H5Lexists(file, names[i], H5P_DEFAULT) > 0) snprintf(h->digest_name, sizeof h->digest_name, "%s", names[i]);
    if (!*h->kind || !*h->model || place_of(file, "vectors", H5T_IEEE_F32LE, 2, dims) < 0) return false;
    h->rows = (int64_t)dims[0], h->D = (int64_t)dims[1];
    return true;
}

static bool look_inside(hl_vectors_head *h, const char *path, const char *beside)
{
    (void)beside;
    hl_h5_quiet();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return false;
    const bool fits = look_at(h, file);
    H5Fclose(file);
    return fits;
}

const hl_vectors_form hl_vectors_hdf5 = {.name = "hdf5",
                                         .ending = {".h5", ".hdf5"},
                                         .lay_out = lay_out,
                                         .find = find,
                                         .look = look_inside,
                                         .open_rows = open_rows};
