/* pytorch.c - what torch.save writes: a zip file with a pickle, and the bytes of each storage.
 *
 *     NAME/data.pkl     the pickle of the dict (io/weights/pickle.h)
 *     NAME/data/KEY     the numbers of a storage, of which tensors take what they want by offset and strides
 *     NAME/byteorder    "little" or "big"; older files have none and are little-endian
 *
 * A dict within the dict gives its key and a dot to the names of its tensors. */
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/zip.h"
#include "io/weights/dtype.h"
#include "io/weights/pickle.h"
#include "io/weights/state-dict-file.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What outlives the reading: names in the arena, entries. */
typedef struct {
    hl_arena arena;
    hl_zip *zip;
} held;

typedef struct {
    const hl_state_file *file;
    held *held;
    char root[200]; /* "NAME" */
    hl_state_tensors *out;
    int64_t steps; /* values that were walked over */
    int odd;       /* keys that are no names, with tensors below them */
} reading;

static void release(void *self)
{
    held *h = self;
    hl_zip_close(h->zip);
    hl_arena_free(&h->arena);
    free(h);
}

static bool ends_with(const char *name, const char *end)
{
    const size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

/* ---- entries */

/* The folder of the one data.pkl. */
static hl_status find_root(reading *r)
{
    static const char PICKLE[] = "/data.pkl";
    int found = 0;
    for (int i = 0; i < hl_zip_count(r->held->zip); i++) {
        const char *name = hl_zip_name(r->held->zip, i);
        if (!ends_with(name, PICKLE)) continue;
        if (strlen(name) >= sizeof r->root)
            return HL_FAIL(HL_EFORMAT, "%s: the name of its folder is too long; save it again", r->file->path);
        snprintf(r->root, sizeof r->root, "%.*s", (int)(strlen(name) - strlen(PICKLE)), name);
        found++;
    }
    if (found == 1) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: a zip file with %s data.pkl, so not one of torch.save; name a file of weights",
                   r->file->path, found ? "more than one" : "no");
}

static hl_status find_entry(const reading *r, hl_zip_entry *e, const char *name)
{
    char path[PATH_MAX];
    if (!hl_path_fits(path, "%s/%s", r->root, name))
        return HL_FAIL(HL_EFORMAT, "%s: a storage has too long a name; save it again", r->file->path);
    return hl_zip_find(r->held->zip, e, path);
}

static hl_status check_order(const reading *r)
{
    hl_zip_entry e;
    char path[PATH_MAX];
    bool has = false;
    hl_path(path, "%s/byteorder", r->root);
    for (int i = 0; i < hl_zip_count(r->held->zip); i++) has |= strcmp(hl_zip_name(r->held->zip, i), path) == 0;
    if (!has) return HL_OK;
    HL_TRY(find_entry(r, &e, "byteorder"));
    if (e.size == 6 && memcmp(e.bytes, "little", 6) == 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: its numbers are not little-endian; save it again on a machine of today",
                   r->file->path);
}

/* ---- tensors */

static hl_status add_tensor(reading *r, const char *name, const hl_pickle_tensor *from)
{
    hl_zip_entry e;
    char key[PATH_MAX];
    const hl_dtype *k = hl_dtype_find(from->storage->dtype);
    hl_state_tensor t = {.name = name, .path = r->file->path, .dtype = k->name, .ndim = from->ndim, .count = 1};
    if (!hl_path_fits(key, "data/%s", from->storage->key))
        return hl_state_file_bad(&t, "its storage has too long a name");
    HL_TRY(find_entry(r, &e, key));
    if ((uint64_t)from->storage->numbers != e.size / k->bytes || e.size % k->bytes)
        return hl_state_file_bad(&t, "its storage has not as many bytes as the pickle says");
    for (int d = 0; d < t.ndim; d++) {
        t.shape[d] = from->shape[d];
        t.stride[d] = from->stride[d];
        t.count *= (size_t)t.shape[d];
    }
    t.bytes = e.bytes + (size_t)from->offset * k->bytes;
    HL_RESERVE(r->out->at, r->out->room, r->out->n + 1);
    r->out->at[r->out->n++] = t;
    return HL_OK;
}

/* "<above>.<key>", in the arena. */
static const char *join(reading *r, const char *above, const char *key)
{
    const size_t n = strlen(above) + strlen(key) + 2;
    char *name = hl_arena_take(&r->held->arena, n);
    snprintf(name, n, "%s%s%s", above, *above ? "." : "", key);
    return name;
}

static const char *name_of(reading *r, const char *above, const hl_pickle_value *key)
{
    char number[30];
    const bool is_number = key->kind == HL_PICKLE_INT,
               is_text = key->kind == HL_PICKLE_TEXT && strlen(key->text) == key->length;
    if (!is_number && !is_text) return NULL;
    snprintf(number, sizeof number, "%lld", (long long)key->number);
    return join(r, above, is_number ? number : key->text);
}

static hl_status walk(reading *r, const char *above, hl_pickle_value *v, int depth);

static hl_status walk_dict(reading *r, const char *above, const hl_pickle_value *v, int depth)
{
    for (size_t i = 0; i < v->items; i += 2) {
        hl_pickle_value *below = v->item[i + 1];
        const bool may_have = below->kind >= HL_PICKLE_TUPLE;
        const char *name = may_have ? name_of(r, above, v->item[i]) : NULL;
        r->odd += may_have && !name;
        if (name) HL_TRY(walk(r, name, below, depth));
    }
    return HL_OK;
}

static hl_status walk_list(reading *r, const char *above, const hl_pickle_value *v, int depth)
{
    char number[30];
    for (size_t i = 0; i < v->items; i++) {
        snprintf(number, sizeof number, "%zu", i);
        if (v->item[i]->kind >= HL_PICKLE_TUPLE) HL_TRY(walk(r, join(r, above, number), v->item[i], depth));
    }
    return HL_OK;
}

/* A container may hold itself, or each of a chain the next one many times. */
static hl_status walk(reading *r, const char *above, hl_pickle_value *v, int depth)
{
    enum { MOST_DEPTH = 20, MOST_STEPS = 1 << 20 };
    const bool is_dict = v->kind == HL_PICKLE_DICT, is_list = v->kind == HL_PICKLE_TUPLE || v->kind == HL_PICKLE_LIST;
    if (v->kind == HL_PICKLE_TENSOR) return add_tensor(r, above, v->tensor);
    if (!is_dict && !is_list) return HL_OK;
    r->steps += (int64_t)v->items + 1;
    if (depth == MOST_DEPTH || r->steps > MOST_STEPS || v->walked)
        return HL_FAIL(HL_EFORMAT, "%s: its containers hold one another without end; save the state dict alone",
                       r->file->path);
    v->walked = 1;
    const hl_status s = is_dict ? walk_dict(r, above, v, depth + 1) : walk_list(r, above, v, depth + 1);
    v->walked = 0;
    return s;
}

static hl_status read_pickle(reading *r)
{
    hl_zip_entry e;
    const hl_pickle_value *all;
    HL_TRY(find_entry(r, &e, "data.pkl"));
    HL_TRY(hl_pickle_read(&all, e.bytes, e.size, r->file->path, &r->held->arena));
    if (all->kind != HL_PICKLE_DICT)
        return HL_FAIL(HL_EFORMAT, "%s: holds no dict of named tensors; save model.state_dict()", r->file->path);
    return walk(r, "", (hl_pickle_value *)(uintptr_t)all, 0);
}

static void tell(const reading *r)
{
    if (hl_zip_compressed(r->held->zip))
        hl_log(HL_INFO, "%s: %d entries are compressed: each rank unpacks them whole, not its share alone",
               r->file->path, hl_zip_compressed(r->held->zip));
    if (r->odd) hl_log(HL_WARN, "%s: %d keys are no names; what they have is not read", r->file->path, r->odd);
}

static hl_status read(hl_state_file *f, hl_state_tensors *out)
{
    held *h = hl_alloc_zero(1, sizeof *h);
    reading r = {.file = f, .held = h, .out = out};
    h->arena = hl_arena_growing("names of tensors");
    f->held = h;
    f->release = release;
    HL_TRY(hl_zip_open(&h->zip, f->path, f->map, f->size));
    HL_TRY(find_root(&r));
    HL_TRY(check_order(&r));
    HL_TRY(read_pickle(&r));
    HL_TRY(hl_zip_check_apart(h->zip));
    tell(&r);
    return HL_OK;
}

static bool is_zip(const char *bytes, size_t size) { return size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0; }

const hl_state_format hl_state_file_pytorch = {is_zip, read};

/* ---- before 1.6: pickles one after another, without a zip file */

static bool is_pickle(const char *bytes, size_t size)
{
    static const char magic[] = "\x80\x02\x8a\x0al\xfc\x9c"
                                "F\xf9 j\xa8P\x19";
    return size >= sizeof magic - 1 && memcmp(bytes, magic, sizeof magic - 1) == 0;
}

static hl_status refuse(hl_state_file *f, hl_state_tensors *out)
{
    (void)out;
    return HL_FAIL(HL_EFORMAT,
                   "%s: is in PyTorch's form of before 1.6, which is not read; write it again in Python: "
                   "torch.save(torch.load(FILE, map_location=\"cpu\"), FILE)",
                   f->path);
}

const hl_state_format hl_state_file_legacy = {is_pickle, refuse};
