/* safetensors.c - Hugging Face's safetensors format.
 *
 * A file is eight bytes (length of the header, little-endian), a JSON header {name: {dtype, shape, data_offsets}}
 * and the bytes of the tensors, one after the other without gaps.
 *
 * Nothing in a file is believed: the header must fit into the file and the tensors, sorted by their offsets, must
 * tile its data exactly, each with as many bytes as its shape and type say.  After that no read can leave the map. */
#include "io/weights/state-dict-file.h"
#include "base/array.h"
#include "io/files/reads.h"
#include "io/weights/dtype.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A header is a list of names; the format itself ends it at this length. */
static const uint64_t MOST_HEADER = 100000000;
enum { LENGTH_BYTES = 8 };

static hl_status parse_header(const hl_state_file *f, json_t **header, size_t *data_begin)
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
    *header = json_loadb(f->map + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, &e);
    if (!*header || !json_is_object(*header))
        return HL_FAIL(HL_EFORMAT,
                       "%s: its header is not a JSON object with each name once (%.200s); get the file again", f->path,
                       *header ? "another JSON value" : e.text);
    *data_begin = LENGTH_BYTES + (size_t)length;
    return HL_OK;
}

static hl_status read_shape(hl_state_tensor *t, const json_t *shape)
{
    if (!json_is_array(shape) || json_array_size(shape) > HL_STATE_DIMS)
        return hl_state_file_bad(t, "its shape is not a list of at most 8 sizes");
    t->ndim = (int)json_array_size(shape);
    t->count = 1;
    for (int i = 0; i < t->ndim; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return hl_state_file_bad(t, "a size of its shape is not a whole number");
        t->shape[i] = json_integer_value(size);
        if (__builtin_mul_overflow(t->count, (size_t)t->shape[i], &t->count))
            return hl_state_file_bad(t, "its shape is larger than any memory");
    }
    return HL_OK;
}

/* Where its bytes are: offsets count from the beginning of the data. */
static hl_status read_place(hl_state_tensor *t, const json_t *offsets, const char *data, size_t data_bytes,
                            size_t number_bytes)
{
    const json_t *b = json_array_get(offsets, 0), *e = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(b) || !json_is_integer(e))
        return hl_state_file_bad(t, "its data_offsets are not two whole numbers");
    json_int_t begin = json_integer_value(b), end = json_integer_value(e);
    size_t bytes;
    if (begin < 0 || end < begin || (uint64_t)end > data_bytes)
        return hl_state_file_bad(t, "its data_offsets leave the file, which may have been cut off");
    if (__builtin_mul_overflow(t->count, number_bytes, &bytes) || bytes != (size_t)(end - begin))
        return hl_state_file_bad(t, "its data_offsets do not hold as many bytes as its shape and dtype need");
    t->bytes = data + begin;
    return HL_OK;
}

static hl_status read_entry(hl_state_tensor *t, const json_t *entry, const char *data, size_t data_bytes)
{
    const hl_dtype *k = hl_dtype_find(json_string_value(json_object_get(entry, "dtype")));
    if (!k) return hl_state_file_bad(t, "its dtype is missing or not one that is known (F32, F16, BF16, ...)");
    t->dtype = k->name;
    HL_TRY(read_shape(t, json_object_get(entry, "shape")));
    hl_state_file_pack(t);
    return read_place(t, json_object_get(entry, "data_offsets"), data, data_bytes, k->bytes);
}

static size_t bytes_of(const hl_state_tensor *t) { return t->count * hl_dtype_find(t->dtype)->bytes; }

static int by_place(const void *a, const void *b)
{
    const hl_state_tensor *x = a, *y = b;
    if (x->bytes != y->bytes) return (const char *)x->bytes < (const char *)y->bytes ? -1 : 1;
    return (x->count > 0) - (y->count > 0); /* empty ones first */
}

/* Each byte of the data belongs to exactly one tensor. */
static hl_status check_tiling(hl_state_tensor *t, int n, const hl_state_file *f, const char *data)
{
    const char *at = data;
    if (n) qsort(t, (size_t)n, sizeof *t, by_place);
    for (int i = 0; i < n; i++) {
        if ((const char *)t[i].bytes < at) return hl_state_file_bad(&t[i], "its bytes overlap those of another tensor");
        if ((const char *)t[i].bytes > at) return hl_state_file_bad(&t[i], "bytes before it belong to no tensor");
        at += bytes_of(&t[i]);
    }
    if (at != f->map + f->size)
        return HL_FAIL(HL_EFORMAT, "%s: has bytes after its last tensor; get the file again", f->path);
    return HL_OK;
}

static bool is_it(const char *bytes, size_t size)
{
    (void)bytes;
    return size > LENGTH_BYTES; /* whatever is nothing else */
}

static void release(void *header) { json_decref(header); }

static hl_status read(hl_state_file *f, hl_state_tensors *out)
{
    size_t data_begin;
    json_t *header = NULL, *entry;
    const hl_status s = parse_header(f, &header, &data_begin);
    f->held = header; /* the names */
    f->release = release;
    HL_TRY(s);
    const char *name, *data = f->map + data_begin;
    const int first = out->n;
    HL_RESERVE(out->at, out->room, (size_t)out->n + json_object_size(header));
    json_object_foreach(header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0) continue;
        hl_state_tensor *t = &out->at[out->n++];
        *t = (hl_state_tensor){.name = name, .path = f->path};
        HL_TRY(read_entry(t, entry, data, f->size - data_begin));
    }
    return check_tiling(out->at + first, out->n - first, f, data);
}

const hl_state_format hl_state_file_safetensors = {is_it, read};
