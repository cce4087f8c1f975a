/* safetensors.c - read weights in Hugging Face's safetensors format.
 *
 * Nothing in a file is believed: the header must fit into the file and the tensors, sorted by their offsets, must
 * tile its data exactly, each with as many bytes as its shape and type say.  After that no read can leave the map. */
#include "io/weights/safetensors.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/path.h"
#include "io/files/hf-folder.h"
#include "io/files/mapped.h"
#include "io/files/reads.h"
#include "io/files/regular.h"
#include "io/weights/dtype.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A header is a list of names; the format itself ends it at this length. */
static const uint64_t MOST_HEADER = 100000000;
enum { LENGTH_BYTES = 8 };

typedef struct {
    char *path;
    const char *map;
    size_t size;
    json_t *header; /* owns the names */
} mapped;

struct hl_safetensors {
    hl_safetensor *at;
    int n;
    mapped *file;
    int files;
    size_t room, files_room;
};

static hl_status map_file(mapped *f, hl_relay *relay, const char *path)
{
    struct stat st;
    f->path = hl_alloc_text(path);
    int fd;
    HL_TRY(hl_relay_file(relay, &fd, &st, path, HL_EFORMAT, "name a file of weights that can be read"));
    void *map = MAP_FAILED;
    if (st.st_size > LENGTH_BYTES) map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return HL_FAIL(HL_EFORMAT, "%s: too short for a safetensors file, or it cannot be mapped; get it again", path);
    f->map = map;
    f->size = (size_t)st.st_size;
    hl_mapped_add(map, f->size, path);
    return hl_hf_pointer_check(path, f->map, f->size);
}

static hl_status parse_header(mapped *f, size_t *data_begin)
{
    uint64_t length;
    json_error_t e;
    memcpy(&length, f->map, LENGTH_BYTES);
    if (length > MOST_HEADER || length > f->size - LENGTH_BYTES)
        return HL_FAIL(HL_EFORMAT,
                       "%s: says its header has %llu bytes, the file has %zu; it is no safetensors file or was cut "
                       "off, get it again",
                       f->path, (unsigned long long)length, f->size);
    hl_reads_took(LENGTH_BYTES + (size_t)length);
    f->header = json_loadb(f->map + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, &e);
    if (!f->header || !json_is_object(f->header))
        return HL_FAIL(HL_EFORMAT,
                       "%s: its header is not a JSON object with each name once (%.200s); get the file again", f->path,
                       f->header ? "another JSON value" : e.text);
    *data_begin = LENGTH_BYTES + (size_t)length;
    return HL_OK;
}

static hl_status bad(const hl_safetensor *t, const char *what)
{
    return HL_FAIL(HL_EFORMAT, "%s: tensor %.100s: %s; get the file again", t->path, t->name, what);
}

static hl_status read_shape(hl_safetensor *t, const json_t *shape)
{
    if (!json_is_array(shape) || json_array_size(shape) > HL_SAFETENSOR_DIMS)
        return bad(t, "its shape is not a list of at most 8 sizes");
    t->ndim = (int)json_array_size(shape);
    t->count = 1;
    for (int i = 0; i < t->ndim; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return bad(t, "a size of its shape is not a whole number");
        t->shape[i] = json_integer_value(size);
        if (__builtin_mul_overflow(t->count, (size_t)t->shape[i], &t->count))
            return bad(t, "its shape is larger than any memory");
    }
    return HL_OK;
}

/* Where its bytes are: offsets count from the beginning of the data. */
static hl_status read_place(hl_safetensor *t, const json_t *offsets, const char *data, size_t data_bytes,
                            size_t number_bytes)
{
    const json_t *b = json_array_get(offsets, 0), *e = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(b) || !json_is_integer(e))
        return bad(t, "its data_offsets are not two whole numbers");
    json_int_t begin = json_integer_value(b), end = json_integer_value(e);
    size_t bytes;
    if (begin < 0 || end < begin || (uint64_t)end > data_bytes)
        return bad(t, "its data_offsets leave the file, which may have been cut off");
    if (__builtin_mul_overflow(t->count, number_bytes, &bytes) || bytes != (size_t)(end - begin))
        return bad(t, "its data_offsets do not hold as many bytes as its shape and dtype need");
    t->bytes = data + begin;
    return HL_OK;
}

static hl_status read_entry(hl_safetensor *t, const json_t *entry, const char *data, size_t data_bytes)
{
    const hl_dtype *k = hl_dtype_find(json_string_value(json_object_get(entry, "dtype")));
    if (!k) return bad(t, "its dtype is missing or not one that is known (F32, F16, BF16, ...)");
    t->dtype = k->name;
    HL_TRY(read_shape(t, json_object_get(entry, "shape")));
    return read_place(t, json_object_get(entry, "data_offsets"), data, data_bytes, k->bytes);
}

static size_t bytes_of(const hl_safetensor *t) { return t->count * hl_dtype_find(t->dtype)->bytes; }

static int by_place(const void *a, const void *b)
{
    const hl_safetensor *x = a, *y = b;
    if (x->bytes != y->bytes) return (const char *)x->bytes < (const char *)y->bytes ? -1 : 1;
    return (x->count > 0) - (y->count > 0); /* empty ones first */
}

/* Each byte of the data belongs to exactly one tensor. */
static hl_status check_tiling(hl_safetensor *t, int n, const mapped *f, const char *data)
{
    const char *at = data;
    if (n) qsort(t, (size_t)n, sizeof *t, by_place);
    for (int i = 0; i < n; i++) {
        if ((const char *)t[i].bytes < at) return bad(&t[i], "its bytes overlap those of another tensor");
        if ((const char *)t[i].bytes > at) return bad(&t[i], "bytes before it belong to no tensor");
        at += bytes_of(&t[i]);
    }
    if (at != f->map + f->size)
        return HL_FAIL(HL_EFORMAT, "%s: has bytes after its last tensor; get the file again", f->path);
    return HL_OK;
}

/* Add the tensors of the last of s's files. */
static hl_status read_file(hl_safetensors *s)
{
    const mapped *f = &s->file[s->files - 1];
    size_t data_begin;
    HL_TRY(parse_header(&s->file[s->files - 1], &data_begin));
    const char *name, *data = f->map + data_begin;
    json_t *entry;
    int first = s->n;
    HL_RESERVE(s->at, s->room, (size_t)s->n + json_object_size(f->header));
    json_object_foreach(f->header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0) continue;
        hl_safetensor *t = &s->at[s->n++];
        *t = (hl_safetensor){.name = name, .path = f->path};
        HL_TRY(read_entry(t, entry, data, f->size - data_begin));
    }
    return check_tiling(s->at + first, s->n - first, f, data);
}

static hl_status add_file(hl_safetensors *s, hl_relay *relay, const char *path)
{
    HL_RESERVE(s->file, s->files_room, s->files + 1);
    s->file[s->files] = (mapped){0};
    HL_TRY(map_file(&s->file[s->files++], relay, path));
    return read_file(s);
}

static bool has_file(const hl_safetensors *s, const char *path)
{
    for (int i = 0; i < s->files; i++)
        if (strcmp(s->file[i].path, path) == 0) return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const hl_safetensor *)a)->name, ((const hl_safetensor *)b)->name);
}

static hl_status sort_names(hl_safetensors *s)
{
    if (s->n) qsort(s->at, (size_t)s->n, sizeof *s->at, by_name);
    for (int i = 1; i < s->n; i++)
        if (by_name(&s->at[i - 1], &s->at[i]) == 0) return bad(&s->at[i], "another file of the folder has it too");
    return HL_OK;
}

/* Open every file that the index names; names with a slash would leave the folder. */
static hl_status open_named(hl_safetensors *s, hl_relay *relay, const char *folder, const char *index,
                            const json_t *map)
{
    const char *name;
    json_t *value;
    char path[PATH_MAX];
    json_object_foreach((json_t *)map, name, value)
    {
        const char *file = json_string_value(value);
        if (!file || !*file || strchr(file, '/'))
            return HL_FAIL(HL_EFORMAT,
                           "%s: %.100s is not given the name of a file in the same folder; get the index again", index,
                           name);
        if (!hl_path_fits(path, "%s/%s", folder, file))
            return HL_FAIL(HL_EFORMAT, "%s: %.100s has too long a file name", index, name);
        if (access(path, F_OK) != 0)
            return HL_FAIL(HL_EFORMAT, "%s: names %.100s, which is not there (%s); get the whole folder", index, file,
                           strerror(errno));
        if (!has_file(s, path)) HL_TRY(add_file(s, relay, path));
    }
    return HL_OK;
}

/* Is every tensor in the file that the index says? */
static hl_status check_index(const hl_safetensors *s, const char *index, const json_t *map)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)map, name, value)
    {
        const hl_safetensor *t = hl_safetensors_find(s, name);
        if (!t || strcmp(strrchr(t->path, '/') + 1, json_string_value(value)) != 0)
            return HL_FAIL(HL_EFORMAT, "%s: %.100s is not in %.100s, where the index has it; get the folder again",
                           index, name, json_string_value(value));
    }
    return HL_OK;
}

static hl_status open_index(hl_safetensors *s, hl_relay *relay, const char *folder, const char *index)
{
    char *text;
    size_t n;
    json_error_t e;
    HL_TRY(hl_regular_read(index, MOST_HEADER, &text, &n));
    hl_status pointer = hl_hf_pointer_check(index, text, n);
    if (pointer != HL_OK) {
        free(text);
        return pointer;
    }
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    const json_t *map = json_object_get(root, "weight_map");
    free(text);
    hl_status status = json_is_object(map) ? open_named(s, relay, folder, index, map)
                                           : HL_FAIL(HL_EFORMAT, "%s: has no weight_map (%.200s); get the folder again",
                                                     index, root ? "other keys only" : e.text);
    if (status == HL_OK) status = sort_names(s);
    if (status == HL_OK) status = check_index(s, index, map);
    json_decref(root);
    return status;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

hl_status hl_safetensors_open_by(hl_safetensors **out, hl_relay *relay, const char *where)
{
    hl_safetensors *s = *out = hl_alloc_zero(1, sizeof *s);
    char one[PATH_MAX], index[PATH_MAX];
    HL_TRY(hl_path_make(index, "%s/model.safetensors.index.json", where));
    hl_path(one, "%s%s", where, is_folder(where) ? "/model.safetensors" : "");
    if (access(one, F_OK) != 0 && access(index, F_OK) == 0) return open_index(s, relay, where, index);
    HL_TRY(add_file(s, relay, one));
    return sort_names(s);
}

hl_status hl_safetensors_open(hl_safetensors **out, const char *where)
{
    return hl_safetensors_open_by(out, NULL, where);
}

void hl_safetensors_close(hl_safetensors *s)
{
    if (!s) return;
    for (int i = 0; i < s->files; i++) {
        mapped *f = &s->file[i];
        json_decref(f->header);
        if (f->map) hl_mapped_remove(f->map), munmap((void *)(uintptr_t)f->map, f->size);
        free(f->path);
    }
    free(s->file);
    free(s->at);
    free(s);
}

int hl_safetensors_count(const hl_safetensors *s) { return s->n; }

const hl_safetensor *hl_safetensors_at(const hl_safetensors *s, int i)
{
    HL_CHECK(i >= 0 && i < s->n);
    return &s->at[i];
}

const hl_safetensor *hl_safetensors_find(const hl_safetensors *s, const char *name)
{
    hl_safetensor key = {.name = name};
    return s->n ? bsearch(&key, s->at, (size_t)s->n, sizeof key, by_name) : NULL;
}

hl_status hl_safetensor_read(const hl_safetensor *t, float *x) { return hl_safetensor_read_part(t, x, 0, t->count); }

hl_status hl_safetensor_read_part(const hl_safetensor *t, float *x, size_t begin, size_t n)
{
    const hl_dtype *k = hl_dtype_find(t->dtype);
    HL_CHECK(begin <= t->count && n <= t->count - begin);
    if (!k->to_float)
        return HL_FAIL(HL_EFORMAT, "%s: tensor %.100s is %s; weights are read from F32, F16 and BF16, so convert it",
                       t->path, t->name, t->dtype);
    hl_act_tick();
    hl_reads_took(n * k->bytes);
    k->to_float(x, (const char *)t->bytes + begin * k->bytes, n);
    return HL_OK;
}

static hl_status read_only_tensor(const hl_safetensors *s, const char *path, size_t n, float *x)
{
    if (s->n != 1)
        return HL_FAIL(HL_EFORMAT,
                       "%s: holds %d tensors where one is wanted; name a file that holds one of %zu numbers", path,
                       s->n, n);
    if (s->at[0].count != n)
        return HL_FAIL(HL_EFORMAT, "%s: holds %zu numbers where %zu are wanted; name a file made for this model", path,
                       s->at[0].count, n);
    return hl_safetensor_read(&s->at[0], x);
}

hl_status hl_safetensors_vector(const char *path, size_t n, float *x)
{
    hl_safetensors *s;
    hl_status status = hl_safetensors_open(&s, path);
    if (status == HL_OK) status = read_only_tensor(s, path, n, x);
    hl_safetensors_close(s);
    return status;
}
