/* state-dict-show.c - what a file or a folder of weights or vectors holds, for people. */
#include "io/weights/state-dict-show.h"
#include "base/alloc.h"
#include "base/printable.h"
#include "io/files/regular.h"
#include "io/weights/state-dict.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The texts that a safetensors file has beside its tensors; NULL: it has none, or is another file. */
static json_t *metadata_of(const char *path)
{
    enum { MOST = 1 << 24 };
    uint64_t n = 0;
    FILE *in;
    if (!hl_regular_is(path) || hl_regular_stream(&in, path, HL_EFORMAT, "") != HL_OK) return NULL;
    const bool has_length = fread(&n, sizeof n, 1, in) == 1 && n < MOST;
    char *text = hl_alloc(has_length ? n + 1 : 1);
    const bool is_read = has_length && fread(text, 1, n, in) == n;
    json_t *header = is_read ? json_loadb(text, n, 0, NULL) : NULL;
    json_t *found = json_incref(json_object_get(header, "__metadata__"));
    json_decref(header);
    free(text);
    fclose(in);
    return found;
}

static json_t *describe(const hl_state_tensor *t)
{
    json_t *shape = json_array();
    for (int d = 0; d < t->ndim; d++) json_array_append_new(shape, json_integer(t->shape[d]));
    return json_pack("{ss so}", "dtype", t->dtype, "shape", shape);
}

static void print_json(const hl_state_dict *s, json_t *metadata, FILE *out)
{
    json_t *tensors = json_object(), *all = json_object();
    for (int i = 0; i < hl_state_dict_count(s); i++)
        json_object_set_new(tensors, hl_state_dict_at(s, i)->name, describe(hl_state_dict_at(s, i)));
    if (metadata) json_object_set(all, "metadata", metadata);
    json_object_set_new(all, "tensors", tensors);
    json_dumpf(all, out, JSON_INDENT(1));
    fputc('\n', out);
    json_decref(all);
}

static void print_tensor(const hl_state_tensor *t, FILE *out)
{
    char *name = hl_alloc_text(t->name);
    hl_printable(name);
    fprintf(out, "  %-60s %-5s (", name, t->dtype);
    for (int d = 0; d < t->ndim; d++) fprintf(out, "%s%" PRId64, d ? ", " : "", t->shape[d]);
    fprintf(out, ")\n");
    free(name);
}

static void print_metadata(json_t *metadata, FILE *out)
{
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        char *line = hl_alloc(strlen(key) + (json_is_string(value) ? json_string_length(value) : 0) + 4);
        sprintf(line, "%s: %s", key, json_is_string(value) ? json_string_value(value) : "");
        hl_printable(line);
        fprintf(out, "  %s\n", line);
        free(line);
    }
}

static void print_lines(const hl_state_dict *s, const char *where, json_t *metadata, FILE *out)
{
    int64_t numbers = 0;
    for (int i = 0; i < hl_state_dict_count(s); i++) numbers += (int64_t)hl_state_dict_at(s, i)->count;
    fprintf(out, "%s: %d tensors of %" PRId64 " numbers\n", where, hl_state_dict_count(s), numbers);
    print_metadata(metadata, out);
    for (int i = 0; i < hl_state_dict_count(s); i++) print_tensor(hl_state_dict_at(s, i), out);
}

bool hl_state_dict_is_file(const char *path)
{
    char head[9] = "";
    uint64_t length;
    FILE *in;
    const size_t n = strlen(path);
    if (!hl_regular_is(path) || hl_regular_stream(&in, path, HL_EFORMAT, "") != HL_OK) return false;
    const bool is_read = fread(head, 1, sizeof head, in) == sizeof head;
    fclose(in);
    memcpy(&length, head, sizeof length);
    const bool is_zip = memcmp(head, "PK\3\4", 4) == 0 && (n < 4 || strcmp(path + n - 4, ".zip") != 0);
    return is_read && (is_zip || (length < (1 << 27) && head[8] == '{'));
}

hl_status hl_state_dict_show(const char *where, FILE *out, bool json)
{
    hl_state_dict *s;
    const hl_status status = hl_state_dict_open(&s, where);
    if (status == HL_OK) {
        json_t *metadata = metadata_of(where);
        if (json) print_json(s, metadata, out);
        else print_lines(s, where, metadata, out);
        json_decref(metadata);
    }
    hl_state_dict_close(s);
    return status;
}
