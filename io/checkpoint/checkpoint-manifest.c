/* checkpoint-manifest.c - what a checkpoint holds: the text of its manifest.json.
 *
 * The digest of the manifest is that of its JSON without the key "digest", keys sorted, no spaces: it does not depend
 * on how the text is laid out for people. */
#include "io/checkpoint/checkpoint-manifest.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/printable.h"
#include "io/checkpoint/checkpoint-content.h"
#include "io/files/blockdigest.h"
#include "io/files/regular.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char FORMAT[] = "hllm checkpoint";
enum { VERSION = 1, MOST = 1 << 28 /* bytes */ };

/* The names a checkpoint's files may have: a manifest does not lead elsewhere. */
static const char *const file_names[HL_CHECKPOINT_MANIFEST_FILES] = {HL_CHECKPOINT_MODEL, HL_CHECKPOINT_OPTIMIZER};

void hl_checkpoint_manifest_free(hl_checkpoint_manifest *v)
{
    for (int i = 0; i < v->files; i++) free(v->file[i].block);
    for (int i = 0; i < v->tensors; i++) free((char *)(uintptr_t)v->tensor[i].name);
    free(v->tensor);
    free(v->state);
    *v = (hl_checkpoint_manifest){0};
}

const hl_checkpoint_manifest_file *hl_checkpoint_manifest_find(const hl_checkpoint_manifest *v, const char *name)
{
    for (int i = 0; i < v->files; i++)
        if (strcmp(v->file[i].name, name) == 0) return &v->file[i];
    return NULL;
}

static json_t *hex(uint64_t digest)
{
    char text[17];
    hl_digest_text(text, digest);
    return json_string(text);
}

static json_t *file_to_json(const hl_checkpoint_manifest_file *f, int64_t block)
{
    json_t *blocks = json_array();
    int n = hl_block_count(f->size, block);
    for (int i = 0; i < n; i++) json_array_append_new(blocks, hex(f->block[i]));
    return json_pack("{s:I, s:o}", "size", (json_int_t)f->size, "blocks", blocks);
}

static json_t *shape_to_json(const hl_tensor *t)
{
    json_t *shape = json_array();
    for (int i = 0; i < t->ndim; i++) json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
    return shape;
}

static uint64_t digest_of(const json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    HL_CHECK(text);
    uint64_t d = hl_digest(text, strlen(text));
    free(text);
    return d;
}

char *hl_checkpoint_manifest_text(const hl_checkpoint_manifest *v)
{
    json_t *files = json_object(), *tensors = json_object(),
           *state = json_loads(v->state, JSON_REJECT_DUPLICATES, NULL);
    HL_CHECK(json_is_object(state));
    for (int i = 0; i < v->files; i++) json_object_set_new(files, v->file[i].name, file_to_json(&v->file[i], v->block));
    for (int i = 0; i < v->tensors; i++) json_object_set_new(tensors, v->tensor[i].name, shape_to_json(&v->tensor[i]));
    json_t *root = json_pack("{s:s, s:i, s:I, s:I, s:o, s:o, s:o}", "format", FORMAT, "version", VERSION, "step",
                             (json_int_t)v->step, "block", (json_int_t)v->block, "files", files, "tensors", tensors,
                             "state", state);
    HL_CHECK(root);
    json_object_set_new(root, "digest", hex(digest_of(root)));
    char *text = json_dumps(root, JSON_INDENT(1));
    HL_CHECK(text);
    json_decref(root);
    return text;
}

static bool from_hex(uint64_t *digest, const json_t *text)
{
    char again[17];
    if (!json_is_string(text)) return false;
    *digest = strtoull(json_string_value(text), NULL, 16);
    hl_digest_text(again, *digest);
    return strcmp(again, json_string_value(text)) == 0;
}

/* Does the digest it carries belong to the rest? */
static bool is_whole(json_t *root)
{
    uint64_t says;
    if (!from_hex(&says, json_object_get(root, "digest"))) return false;
    json_object_del(root, "digest");
    return digest_of(root) == says;
}

static bool parse_file(hl_checkpoint_manifest *v, const char *name, const json_t *json)
{
    const json_t *size = json_object_get(json, "size"), *blocks = json_object_get(json, "blocks");
    if (!json_is_integer(size) || json_integer_value(size) < 0 || !json_is_array(blocks)) return false;
    hl_checkpoint_manifest_file *f = &v->file[v->files];
    *f = (hl_checkpoint_manifest_file){.name = name, .size = json_integer_value(size)};
    size_t n = json_array_size(blocks);
    if ((json_int_t)n != f->size / v->block + (f->size % v->block != 0)) return false;
    f->block = hl_alloc(n * sizeof *f->block);
    v->files++;
    for (size_t i = 0; i < n; i++)
        if (!from_hex(&f->block[i], json_array_get(blocks, i))) return false;
    return true;
}

static bool parse_files(hl_checkpoint_manifest *v, const json_t *files)
{
    for (int i = 0; i < HL_CHECKPOINT_MANIFEST_FILES; i++) {
        const json_t *f = json_object_get(files, file_names[i]);
        if (f && !parse_file(v, file_names[i], f)) return false;
    }
    return v->files > 0 && (int)json_object_size(files) == v->files;
}

static bool parse_tensor(hl_tensor *t, const json_t *shape)
{
    if (!json_is_array(shape) || json_array_size(shape) > HL_TENSOR_DIMS) return false;
    t->ndim = (int)json_array_size(shape);
    for (int i = 0; i < t->ndim; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size)) return false;
        t->shape[i] = json_integer_value(size);
    }
    return true;
}

static bool parse_tensors(hl_checkpoint_manifest *v, json_t *tensors)
{
    const char *name;
    json_t *shape;
    if (!json_is_object(tensors)) return false;
    v->tensor = hl_alloc_zero(json_object_size(tensors), sizeof *v->tensor);
    json_object_foreach(tensors, name, shape)
    {
        hl_tensor *t = &v->tensor[v->tensors++];
        t->name = hl_alloc_text(name);
        if (!parse_tensor(t, shape)) return false;
    }
    return true;
}

static bool parse_fields(hl_checkpoint_manifest *v, const json_t *root)
{
    const json_t *step = json_object_get(root, "step"), *block = json_object_get(root, "block"),
                 *state = json_object_get(root, "state");
    if (!json_is_integer(step) || !json_is_integer(block) || json_integer_value(block) < 1 || !json_is_object(state))
        return false;
    v->step = json_integer_value(step);
    v->block = json_integer_value(block);
    v->state = json_dumps(state, JSON_COMPACT);
    return parse_files(v, json_object_get(root, "files")) && parse_tensors(v, json_object_get(root, "tensors"));
}

static hl_status parse_root(hl_checkpoint_manifest *v, json_t *root, const char *path)
{
    static const char damaged[] = "is damaged; use another checkpoint";
    if (!json_is_object(root)) return HL_FAIL(HL_ESTORE, "%s: %s (not a JSON object)", path, damaged);
    if (!is_whole(root)) return HL_FAIL(HL_ESTORE, "%s: %s (its digest is not that of its text)", path, damaged);
    const json_t *format = json_object_get(root, "format"), *version = json_object_get(root, "version");
    if (!json_is_string(format) || strcmp(json_string_value(format), FORMAT) != 0)
        return HL_FAIL(HL_EFORMAT, "%s: describes no checkpoint; name a folder step-N of a run", path);
    if (!json_is_integer(version) || json_integer_value(version) != VERSION)
        return HL_FAIL(
            HL_EFORMAT,
            "%s: written in version %lld of the format, this program reads %d; use the program that wrote it", path,
            (long long)json_integer_value(version), VERSION);
    return parse_fields(v, root)
               ? HL_OK
               : HL_FAIL(HL_ESTORE, "%s: %s (a field is missing or of the wrong type)", path, damaged);
}

hl_status hl_checkpoint_manifest_parse(hl_checkpoint_manifest *v, const char *text, size_t n, const char *path)
{
    *v = (hl_checkpoint_manifest){0};
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    hl_status s = parse_root(v, root, path);
    json_decref(root);
    return s;
}

static double numbers_in(const hl_tensor *t)
{
    double n = 1;
    for (int i = 0; i < t->ndim; i++) n *= (double)t->shape[i];
    return n;
}

static void print_tensors(const hl_checkpoint_manifest *v, FILE *out)
{
    double numbers = 0;
    for (int i = 0; i < v->tensors; i++) numbers += numbers_in(&v->tensor[i]);
    fprintf(out, "%.0f numbers in %d tensors\n", numbers, v->tensors);
    for (int i = 0; i < v->tensors; i++) {
        const hl_tensor *t = &v->tensor[i];
        fprintf(out, "  %-50s", t->name);
        for (int k = 0; k < t->ndim; k++) fprintf(out, "%s%lld", k ? " x " : " ", (long long)t->shape[k]);
        fprintf(out, "\n");
    }
}

static void print_text(const hl_checkpoint_manifest *v, const char *path, FILE *out)
{
    hl_print_text(out, path);
    fprintf(out, ": a checkpoint of step %lld, whole\n", (long long)v->step);
    for (int i = 0; i < v->files; i++)
        fprintf(out, "%-12s %12lld bytes\n", v->file[i].name, (long long)v->file[i].size);
    print_tensors(v, out);
    fputs("state ", out), hl_print_text(out, v->state), fputs("\n", out);
}

void hl_checkpoint_manifest_print(const hl_checkpoint_manifest *v, const char *path, FILE *out, bool json)
{
    char *text = json ? hl_checkpoint_manifest_text(v) : NULL;
    if (json) fprintf(out, "%s\n", text);
    else print_text(v, path, out);
    free(text);
}

hl_status hl_checkpoint_manifest_load(const char *path, char **text, size_t *n)
{
    char manifest[PATH_MAX];
    *text = NULL;
    *n = 0;
    if (access(path, F_OK) != 0)
        return HL_FAIL(HL_EFORMAT, "%s: there is no such checkpoint; name a folder step-N of a run", path);
    hl_path(manifest, "%s/%s", path, HL_CHECKPOINT_MANIFEST);
    if (hl_regular_read(manifest, MOST, text, n) == HL_OK) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s", hl_error_text()); /* whatever stands there: an older checkpoint may do */
}
