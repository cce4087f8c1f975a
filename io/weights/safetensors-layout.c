/* safetensors-layout.c - where the tensors of a new safetensors file go, so that many ranks can write it. */
#include "io/weights/safetensors-layout.h"
#include "base/alloc.h"
#include "io/weights/dtype.h"
#include <stdlib.h>
#include <string.h>

/* The header is padded with blanks so that numbers begin at a multiple of 8, as others do it. */
enum { LENGTH_BYTES = 8, ALIGNMENT = 8 };

int64_t hl_safetensors_entry_bytes(const hl_safetensors_entry *e)
{
    int64_t bytes = (int64_t)hl_dtype_find(e->dtype)->bytes;
    for (int d = 0; d < e->ndim; d++) bytes *= e->shape[d];
    return bytes;
}

static json_t *describe(const hl_safetensors_entry *e)
{
    json_t *shape = json_array();
    for (int d = 0; d < e->ndim; d++) json_array_append_new(shape, json_integer(e->shape[d]));
    return json_pack("{ss so s[II]}", "dtype", e->dtype, "shape", shape, "data_offsets", (json_int_t)e->at,
                     (json_int_t)(e->at + hl_safetensors_entry_bytes(e)));
}

int64_t hl_safetensors_lay_out(hl_safetensors_entry *e, int n, const json_t *metadata, char **head, size_t *bytes)
{
    json_t *header = json_object();
    int64_t at = 0;
    if (metadata) json_object_set(header, "__metadata__", (json_t *)(uintptr_t)metadata);
    for (int i = 0; i < n; i++) {
        e[i].at = at;
        json_object_set_new(header, e[i].name, describe(&e[i]));
        at += hl_safetensors_entry_bytes(&e[i]);
    }
    char *text = json_dumps(header, JSON_COMPACT);
    const uint64_t used = strlen(text), length = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *bytes = LENGTH_BYTES + length;
    *head = hl_alloc(*bytes);
    memcpy(*head, &length, LENGTH_BYTES);
    memset(*head + LENGTH_BYTES, ' ', length);
    memcpy(*head + LENGTH_BYTES, text, used);
    for (int i = 0; i < n; i++) e[i].at += (int64_t)*bytes;
    free(text);
    json_decref(header);
    return at + (int64_t)*bytes;
}
