/* state-dict.c - named tensors of other programs' files. */
#include "io/weights/state-dict.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/path.h"
#include "io/files/hf-folder.h"
#include "io/files/mapped.h"
#include "io/files/reads.h"
#include "io/files/regular.h"
#include "io/weights/dtype.h"
#include "io/weights/state-dict-file.h"
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The first whose bytes it is. */
static const hl_state_format *const formats[] = {&hl_state_file_pytorch, &hl_state_file_legacy,
                                                 &hl_state_file_safetensors};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* What a folder may have: one file, or the index of several. */
static const struct {
    const char *file, *index;
} forms[] = {
    {"model.safetensors", "model.safetensors.index.json"},
    {"pytorch_model.bin", "pytorch_model.bin.index.json"},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static const size_t MOST_INDEX = 100000000;

struct hl_state_dict {
    hl_state_tensors tensor;
    hl_state_file *file; /* none of a part of another one */
    int files;
    size_t files_room;
};

/* ---- files */

hl_status hl_state_file_bad(const hl_state_tensor *t, const char *what)
{
    return HL_FAIL(HL_EFORMAT, "%s: tensor %.100s: %s; get the file again", t->path, t->name, what);
}

void hl_state_file_pack(hl_state_tensor *t)
{
    int64_t stride = 1;
    for (int d = t->ndim - 1; d >= 0; d--) {
        t->stride[d] = stride;
        stride *= hl_max(t->shape[d], 1);
    }
}

static hl_status map_file(hl_state_file *f, hl_relay *relay, const char *path)
{
    struct stat st;
    f->path = hl_alloc_text(path);
    int fd;
    HL_TRY(hl_relay_file(relay, &fd, &st, path, HL_EFORMAT, "name a file of weights that can be read"));
    void *map = MAP_FAILED;
    if (st.st_size > 0) map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return HL_FAIL(HL_EFORMAT, "%s: too short for a file of weights, or it cannot be mapped; get it again", path);
    f->map = map;
    f->size = (size_t)st.st_size;
    hl_mapped_add(map, f->size, path);
    return hl_hf_pointer_check(path, f->map, f->size);
}

static hl_status add_file(hl_state_dict *s, hl_relay *relay, const char *path)
{
    HL_RESERVE(s->file, s->files_room, s->files + 1);
    hl_state_file *f = &s->file[s->files++];
    *f = (hl_state_file){0};
    HL_TRY(map_file(f, relay, path));
    for (int i = 0; i < FORMATS; i++)
        if (formats[i]->is_it(f->map, f->size)) return formats[i]->read(f, &s->tensor);
    return HL_FAIL(HL_EFORMAT, "%s: too short for a file of weights; get it again", path);
}

static bool has_file(const hl_state_dict *s, const char *path)
{
    for (int i = 0; i < s->files; i++)
        if (strcmp(s->file[i].path, path) == 0) return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const hl_state_tensor *)a)->name, ((const hl_state_tensor *)b)->name);
}

static hl_status sort_names(hl_state_dict *s)
{
    hl_state_tensors *t = &s->tensor;
    if (t->n) qsort(t->at, (size_t)t->n, sizeof *t->at, by_name);
    for (int i = 1; i < t->n; i++)
        if (by_name(&t->at[i - 1], &t->at[i]) == 0)
            return hl_state_file_bad(&t->at[i], strcmp(t->at[i - 1].path, t->at[i].path) == 0
                                                    ? "it is there twice"
                                                    : "another file of the folder has it too");
    return HL_OK;
}

/* ---- an index */

/* Open every file that the index names; names with a slash would leave the folder. */
static hl_status open_named(hl_state_dict *s, hl_relay *relay, const char *folder, const char *index, const json_t *map)
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
static hl_status check_index(const hl_state_dict *s, const char *index, const json_t *map)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)map, name, value)
    {
        const hl_state_tensor *t = hl_state_dict_find(s, name);
        if (!t || strcmp(strrchr(t->path, '/') + 1, json_string_value(value)) != 0)
            return HL_FAIL(HL_EFORMAT, "%s: %.100s is not in %.100s, where the index has it; get the folder again",
                           index, name, json_string_value(value));
    }
    return HL_OK;
}

static hl_status open_index(hl_state_dict *s, hl_relay *relay, const char *folder, const char *index)
{
    char *text;
    size_t n;
    json_error_t e;
    HL_TRY(hl_regular_read(index, MOST_INDEX, &text, &n));
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

/* ---- opening */

/* Nobody keeps weights in 64 bits for a reason; still it is said. */
static void tell_of_rounding(const hl_state_dict *s, const char *where)
{
    int wide = 0;
    for (int i = 0; i < s->tensor.n; i++) wide += strcmp(s->tensor.at[i].dtype, "F64") == 0;
    if (wide) hl_log(HL_INFO, "%s: %d of %d tensors are F64; they are rounded to 32 bits", where, wide, s->tensor.n);
}

static hl_status open_file(hl_state_dict *s, hl_relay *relay, const char *path)
{
    HL_TRY(add_file(s, relay, path));
    return sort_names(s);
}

static hl_status open_form(hl_state_dict *s, hl_relay *relay, const char *folder)
{
    char path[PATH_MAX];
    for (int i = 0; i < FORMS; i++) {
        HL_TRY(hl_path_make(path, "%s/%s", folder, forms[i].index));
        if (!hl_path_is_there(folder, forms[i].file) && access(path, F_OK) == 0)
            return open_index(s, relay, folder, path);
        hl_path(path, "%s/%s", folder, forms[i].file);
        if (access(path, F_OK) == 0) return open_file(s, relay, path);
    }
    hl_path(path, "%s/%s", folder, forms[0].file);
    return open_file(s, relay, path); /* which says that it is not there */
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

hl_status hl_state_dict_open_by(hl_state_dict **out, hl_relay *relay, const char *where)
{
    hl_state_dict *s = *out = hl_alloc_zero(1, sizeof *s);
    HL_TRY(is_folder(where) ? open_form(s, relay, where) : open_file(s, relay, where));
    tell_of_rounding(s, where);
    return HL_OK;
}

hl_status hl_state_dict_open(hl_state_dict **out, const char *where) { return hl_state_dict_open_by(out, NULL, where); }

void hl_state_dict_close(hl_state_dict *s)
{
    if (!s) return;
    for (int i = 0; i < s->files; i++) {
        hl_state_file *f = &s->file[i];
        if (f->release) f->release(f->held);
        if (f->map) hl_mapped_remove(f->map), munmap((void *)(uintptr_t)f->map, f->size);
        free(f->path);
    }
    free(s->file);
    free(s->tensor.at);
    free(s);
}

/* ---- what is there */

void hl_state_dict_under(hl_state_dict **out, const hl_state_dict *s, const char *prefix)
{
    hl_state_dict *part = *out = hl_alloc_zero(1, sizeof *part);
    const size_t n = strlen(prefix);
    HL_RESERVE(part->tensor.at, part->tensor.room, s->tensor.n);
    for (int i = 0; i < s->tensor.n; i++) {
        if (strncmp(s->tensor.at[i].name, prefix, n) != 0) continue;
        hl_state_tensor *t = &part->tensor.at[part->tensor.n++];
        *t = s->tensor.at[i];
        t->name += n;
    }
}

int hl_state_dict_count(const hl_state_dict *s) { return s->tensor.n; }

const hl_state_tensor *hl_state_dict_at(const hl_state_dict *s, int i)
{
    HL_CHECK(i >= 0 && i < s->tensor.n);
    return &s->tensor.at[i];
}

const hl_state_tensor *hl_state_dict_find(const hl_state_dict *s, const char *name)
{
    hl_state_tensor key = {.name = name};
    return s->tensor.n ? bsearch(&key, s->tensor.at, (size_t)s->tensor.n, sizeof key, by_name) : NULL;
}

/* ---- numbers */

static bool is_packed(const hl_state_tensor *t)
{
    int64_t stride = 1;
    for (int d = t->ndim - 1; d >= 0; d--) {
        if (t->shape[d] != 1 && t->stride[d] != stride) return false;
        stride *= t->shape[d];
    }
    return true;
}

/* Where number `i` of the tensor, row by row, lies among those in the file. */
static int64_t place_of(const hl_state_tensor *t, size_t i)
{
    int64_t place = 0;
    for (int d = t->ndim - 1; d >= 0; d--) {
        place += (int64_t)(i % (size_t)t->shape[d]) * t->stride[d];
        i /= (size_t)t->shape[d];
    }
    return place;
}

/* Numbers that lie apart are brought together, some at a time. */
static void read_apart(const hl_state_tensor *t, const hl_dtype *k, float *x, size_t begin, size_t n)
{
    enum { SOME = 512, MOST_BYTES = 8 };
    char together[SOME * MOST_BYTES];
    for (size_t done = 0; done < n;) {
        const size_t some = hl_min(n - done, (size_t)SOME);
        for (size_t i = 0; i < some; i++)
            memcpy(together + i * k->bytes, (const char *)t->bytes + place_of(t, begin + done + i) * (int64_t)k->bytes,
                   k->bytes);
        k->to_float(x + done, together, some);
        done += some;
    }
}

hl_status hl_state_dict_read(const hl_state_tensor *t, float *x) { return hl_state_dict_read_part(t, x, 0, t->count); }

hl_status hl_state_dict_read_part(const hl_state_tensor *t, float *x, size_t begin, size_t n)
{
    const hl_dtype *k = hl_dtype_find(t->dtype);
    HL_CHECK(begin <= t->count && n <= t->count - begin);
    if (!k->to_float)
        return HL_FAIL(HL_EFORMAT,
                       "%s: tensor %.100s is %s; weights are read from F32, F16, BF16 and F64, so convert it", t->path,
                       t->name, t->dtype);
    if (n == 0) return HL_OK;
    hl_act_tick();
    hl_reads_took(n * k->bytes);
    if (is_packed(t)) k->to_float(x, (const char *)t->bytes + begin * k->bytes, n);
    else read_apart(t, k, x, begin, n);
    return HL_OK;
}

static hl_status read_only_tensor(const hl_state_dict *s, const char *path, size_t n, float *x)
{
    const hl_state_tensors *t = &s->tensor;
    if (t->n != 1)
        return HL_FAIL(HL_EFORMAT,
                       "%s: holds %d tensors where one is wanted; name a file that holds one of %zu numbers", path,
                       t->n, n);
    if (t->at[0].count != n)
        return HL_FAIL(HL_EFORMAT, "%s: holds %zu numbers where %zu are wanted; name a file made for this model", path,
                       t->at[0].count, n);
    return hl_state_dict_read(&t->at[0], x);
}

hl_status hl_state_dict_vector(const char *path, size_t n, float *x)
{
    hl_state_dict *s;
    hl_status status = hl_state_dict_open(&s, path);
    if (status == HL_OK) status = read_only_tensor(s, path, n, x);
    hl_state_dict_close(s);
    return status;
}
