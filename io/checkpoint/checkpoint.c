/* checkpoint.c - the state of a run as a folder step-N, opened, verified and read at any layout.
 *
 * Small files are rank 0's; tensors and digests are everyone's.  Each act ends with an agreement, so that all ranks go
 * on or give up together. */
#include "io/checkpoint/checkpoint.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/blockdigest.h"
#include "io/checkpoint/checkpoint-manifest.h"
#include "io/files/mismatches.h"
#include "io/files/samefile.h"
#include "io/checkpoint/steps.h"
#include "io/checkpoint/tensors.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct hl_checkpoint {
    char path[PATH_MAX];
    hl_checkpoint_manifest manifest;
};

static bool is_first(const hl_group *g) { return g->rank == 0; }

/* ---- opening ---- */

/* People name weights of other programs here, too. */
static hl_status check_kind(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || hl_path_is_there(path, HL_CHECKPOINT_MANIFEST)) return HL_OK;
    if (S_ISREG(st.st_mode))
        return HL_FAIL(HL_EFORMAT, "%s: is a file, and a checkpoint is a folder step-N; name that", path);
    if (hl_path_is_there(path, "config.json"))
        return HL_FAIL(HL_EFORMAT,
                       "%s: is a model in Hugging Face's form, not a checkpoint; name it as item_pretrain_dir or "
                       "user_pretrain_dir",
                       path);
    return HL_OK;
}

/* Rank 0 reads the manifest, everyone parses it. */
static hl_status read_manifest(hl_checkpoint *c, const hl_group *world)
{
    char *text = NULL, manifest[PATH_MAX];
    uint64_t n = 0;
    size_t size = 0;
    HL_TRY_ALL(world, is_first(world) ? hl_checkpoint_manifest_load(c->path, &text, &size) : HL_OK);
    n = size;
    hl_group_broadcast(world, &n, sizeof n, 0);
    if (!is_first(world)) text = hl_alloc(n);
    hl_group_broadcast(world, text, n, 0);
    hl_path(manifest, "%s/%s", c->path, HL_CHECKPOINT_MANIFEST);
    hl_status s = hl_checkpoint_manifest_parse(&c->manifest, text, n, manifest);
    free(text);
    return hl_group_agree(world, s);
}

/* Ranks read a share each, so machines with another checkpoint by this path would make a model of two. */
static hl_status check_same(const hl_checkpoint *c, const hl_group *world)
{
    char manifest[PATH_MAX];
    hl_path(manifest, "%s/%s", c->path, HL_CHECKPOINT_MANIFEST);
    return hl_samefile_check(world, manifest);
}

static hl_status compare(const hl_checkpoint_manifest_file *f, const uint64_t *digest, const char *path, int64_t block)
{
    int n = hl_block_count(f->size, block);
    for (int i = 0; i < n; i++)
        if (digest[i] != f->block[i])
            return HL_FAIL(HL_ESTORE,
                           "%s: is damaged: bytes %lld to %lld are not those that were written; use another checkpoint",
                           path, (long long)(i * block), (long long)(i + 1 < n ? (i + 1) * block : f->size));
    return HL_OK;
}

static hl_status verify_file(const hl_checkpoint *c, const hl_group *world, const hl_checkpoint_manifest_file *f)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", c->path, f->name);
    int64_t size = hl_checkpoint_file_size(world, path), block = c->manifest.block;
    if (size < 0) return HL_FAIL(HL_ESTORE, "%s: is missing; use another checkpoint", path);
    if (size != f->size)
        return HL_FAIL(HL_ESTORE, "%s: has %lld bytes where %lld were written; use another checkpoint", path,
                       (long long)size, (long long)f->size);
    uint64_t *digest = hl_alloc((size_t)hl_block_count(size, block) * sizeof *digest);
    hl_status s = hl_block_digests(digest, world, path, size, block);
    if (s == HL_OK) s = compare(f, digest, path, block);
    free(digest);
    return s;
}

static hl_status verify(const hl_checkpoint *c, const hl_group *world, const char *name)
{
    const hl_checkpoint_manifest_file *f = hl_checkpoint_manifest_find(&c->manifest, name);
    if (!f)
        return HL_FAIL(HL_EFORMAT, "%s: holds no %s; training cannot go on from it, name it as initial weights instead",
                       c->path, name);
    return verify_file(c, world, f);
}

static hl_checkpoint *checkpoint_new(const char *path)
{
    hl_checkpoint *c = hl_alloc_zero(1, sizeof *c);
    hl_path(c->path, "%s", path);
    for (size_t n = strlen(c->path); n > 1 && c->path[n - 1] == '/'; n--) c->path[n - 1] = 0;
    return c;
}

hl_status hl_checkpoint_open(hl_checkpoint **out, const hl_group *world, const char *path, bool moments)
{
    *out = NULL;
    HL_TRY(hl_path_check(path));
    HL_TRY_ALL(world, check_kind(path));
    hl_checkpoint *c = *out = checkpoint_new(path);
    HL_TRY(read_manifest(c, world));
    HL_TRY(check_same(c, world));
    HL_TRY(verify(c, world, HL_CHECKPOINT_MODEL));
    return moments ? verify(c, world, HL_CHECKPOINT_OPTIMIZER) : HL_OK;
}

void hl_checkpoint_close(hl_checkpoint *c)
{
    if (!c) return;
    hl_checkpoint_manifest_free(&c->manifest);
    free(c);
}

/* The same list on every rank. */
static int list_candidates(const hl_group *world, const char *folder, int64_t **steps)
{
    int n = 0;
    *steps = NULL;
    if (is_first(world)) n = hl_steps_list(folder, steps);
    hl_group_broadcast(world, &n, sizeof n, 0);
    if (!is_first(world)) *steps = hl_alloc((size_t)n * sizeof **steps);
    hl_group_broadcast(world, *steps, (size_t)n * sizeof **steps, 0);
    return n;
}

/* A copy under another name would be a step that never was. */
static hl_status check_number(const hl_checkpoint *c, int64_t step)
{
    if (c->manifest.step == step) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s: is step %lld under another name; name it step-%lld, or move it away", c->path,
                   (long long)c->manifest.step, (long long)c->manifest.step);
}

/* *why: the sentence about the first one. */
static hl_status open_first_good(hl_checkpoint **out, const hl_group *world, const char *folder, const int64_t *steps,
                                 int n, bool moments, char why[600])
{
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        hl_step_path(path, folder, steps[i], "");
        hl_status s = hl_checkpoint_open(out, world, path, moments);
        if (s == HL_OK) s = check_number(*out, steps[i]);
        if (s != HL_ESTORE) return s;
        hl_checkpoint_close(*out);
        *out = NULL;
        if (is_first(world)) hl_log(HL_WARN, "%s; it is passed over", hl_error_text());
        if (i == 0) snprintf(why, 600, "%s", hl_error_text());
    }
    return HL_ESTORE;
}

hl_status hl_checkpoint_open_newest(hl_checkpoint **out, const hl_group *world, const char *folder, bool moments)
{
    int64_t *steps;
    char why[600] = "";
    *out = NULL;
    HL_TRY(hl_path_check(folder));
    int n = list_candidates(world, folder, &steps);
    hl_status s = n ? open_first_good(out, world, folder, steps, n, moments, why) : HL_OK;
    free(steps);
    if (s == HL_ESTORE)
        return HL_FAIL(HL_ESTORE,
                       "%s: none of its checkpoints (%d) is whole; begin again in another folder, or restore one (%s)",
                       folder, n, why);
    return s;
}

hl_status hl_checkpoint_find(char path[PATH_MAX], const hl_group *world, const char *folder, const char *name)
{
    HL_TRY(hl_path_check(folder));
    int64_t step = is_first(world) ? hl_step_named(folder, name) : -1;
    hl_group_broadcast(world, &step, sizeof step, 0);
    if (step < 0)
        return HL_FAIL(HL_EFORMAT, "%s: has no checkpoint called %s; name a run that has, or a folder step-N", folder,
                       name);
    hl_step_path(path, folder, step, "");
    return HL_OK;
}

hl_status hl_checkpoint_peek(char **state, const char *path)
{
    char *text = NULL, manifest[PATH_MAX];
    size_t n = 0;
    hl_checkpoint_manifest v = {0};
    *state = NULL;
    HL_TRY(hl_path_check(path));
    HL_TRY(check_kind(path));
    HL_TRY(hl_checkpoint_manifest_load(path, &text, &n));
    hl_path(manifest, "%s/%s", path, HL_CHECKPOINT_MANIFEST);
    hl_status s = hl_checkpoint_manifest_parse(&v, text, n, manifest);
    if (s == HL_OK) *state = hl_alloc_text(v.state);
    hl_checkpoint_manifest_free(&v);
    free(text);
    return s;
}

const char *hl_checkpoint_path(const hl_checkpoint *c) { return c->path; }

int64_t hl_checkpoint_step(const hl_checkpoint *c) { return c->manifest.step; }

const char *hl_checkpoint_state(const hl_checkpoint *c) { return c->manifest.state; }

/* ---- reading ---- */

static const hl_tensor *find_tensor(const hl_tensor *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return &list[i];
    return NULL;
}

const hl_tensor *hl_checkpoint_tensor(const hl_checkpoint *c, const char *name)
{
    return find_tensor(c->manifest.tensor, c->manifest.tensors, name);
}

static bool is_left(const hl_checkpoint_content *content, const char *name)
{
    return content->leaves && strncmp(name, content->leaves, strlen(content->leaves)) == 0;
}

hl_status hl_checkpoint_fits(const hl_checkpoint *c, const hl_checkpoint_content *content)
{
    hl_mismatches list = {0};
    hl_tensor *want;
    const hl_checkpoint_manifest *v = &c->manifest;
    int n = hl_checkpoint_tensors(&want, content);
    for (int i = 0; i < n; i++) {
        const hl_tensor *has = find_tensor(v->tensor, v->tensors, want[i].name);
        if (!has) hl_mismatches_add(&list, "%s is missing", want[i].name);
        else hl_mismatches_add_shape(&list, want[i].name, has->shape, has->ndim, want[i].shape, want[i].ndim);
    }
    for (int i = 0; i < v->tensors; i++)
        if (!find_tensor(want, n, v->tensor[i].name) && !is_left(content, v->tensor[i].name))
            hl_mismatches_add(&list, "%.100s is unknown", v->tensor[i].name);
    free(want);
    return hl_mismatches_verdict(&list, c->path, "is of another model",
                                 "use the configuration it was made with, or another checkpoint_dir");
}

static hl_status read_file(const hl_checkpoint *c, const hl_group *world, const char *name,
                           const hl_tensor_array *arrays, int n)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", c->path, name);
    return hl_tensors_read(world, path, arrays, n);
}

hl_status hl_checkpoint_read(const hl_checkpoint *c, const hl_group *world, const hl_checkpoint_content *content)
{
    hl_tensor_array arrays[2 * HL_CHECKPOINT_PARTS];
    HL_CHECK(content->parts <= HL_CHECKPOINT_PARTS);
    HL_TRY_ALL(world, hl_checkpoint_fits(c, content));
    HL_TRY(read_file(c, world, HL_CHECKPOINT_MODEL, arrays, hl_checkpoint_weights(arrays, content)));
    return content->moments
               ? read_file(c, world, HL_CHECKPOINT_OPTIMIZER, arrays, hl_checkpoint_moments(arrays, content))
               : HL_OK;
}

/* ---- showing ---- */

static hl_status verify_all(const hl_checkpoint *c, const hl_group *world)
{
    for (int i = 0; i < c->manifest.files; i++) HL_TRY(verify_file(c, world, &c->manifest.file[i]));
    return HL_OK;
}

hl_status hl_checkpoint_show(const hl_group *world, const char *path, FILE *out, bool json)
{
    HL_TRY(hl_path_check(path));
    hl_checkpoint *c = checkpoint_new(path);
    hl_status s = read_manifest(c, world);
    if (s == HL_OK) s = verify_all(c, world);
    if (s == HL_OK && is_first(world)) hl_checkpoint_manifest_print(&c->manifest, c->path, out, json);
    hl_checkpoint_close(c);
    return s;
}
