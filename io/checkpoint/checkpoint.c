/* checkpoint.c - the state of a run as a folder step-N, written whole or not at all, read at any layout.
 *
 * Folders and small files are rank 0's; tensors and digests are everyone's.  Each act ends with an agreement, so
 * that all ranks go on or give up together. */
#include "io/checkpoint/checkpoint.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/blockdigest.h"
#include "io/checkpoint/checkpoint-manifest.h"
#include "io/files/folder.h"
#include "io/files/mismatches.h"
#include "io/files/place.h"
#include "io/files/regular.h"
#include "io/files/samefile.h"
#include "io/checkpoint/steps.h"
#include "io/checkpoint/tensors.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const int64_t BLOCK = (int64_t)64 << 20; /* bytes a digest stands for */
static const size_t MOST_MANIFEST = (size_t)1 << 28;

static const char MODEL[] = "model.h5", OPTIMIZER[] = "optimizer.h5", MANIFEST[] = "manifest.json";

struct hl_checkpoint {
    char path[PATH_MAX];
    hl_checkpoint_manifest manifest;
};

/* ---- writing ---- */

typedef struct {
    const hl_group *world;
    const char *folder;
    char tmp[PATH_MAX], path[PATH_MAX], old[PATH_MAX];
} writing;

static bool is_first(const hl_group *g) { return g->rank == 0; }

/* Fail here if a test wishes so. */
static hl_status wished(const char *point, const writing *w)
{
    return hl_fault(point, w->world->rank) ? HL_FAIL(HL_ESTORE, "%s: %s fails as wished", w->path, point) : HL_OK;
}

static double bytes_of(const hl_checkpoint_content *c)
{
    double numbers = 0;
    for (int i = 0; i < c->parts; i++) numbers += (double)hl_params_whole(c->part[i].whole);
    return numbers * sizeof(float) * (c->moments ? 3 : 1);
}

/* Better now, with a sentence, than in the middle of a file that all ranks write. */
hl_status hl_checkpoint_space(const char *folder, double bytes)
{
    char at[PATH_MAX];
    struct statvfs fs;
    hl_folder_existing(at, folder);
    if (statvfs(at, &fs) != 0) return HL_OK; /* not every file system tells */
    double left = (double)fs.f_bavail * (double)fs.f_frsize;
    if (left >= bytes) return HL_OK;
    return HL_FAIL(HL_ESTORE,
                   "%s: a checkpoint takes %.1f MB and the disk has %.1f MB left; make space there or keep fewer",
                   folder, bytes / 1e6, left / 1e6);
}

static hl_status prepare(const writing *w, double bytes)
{
    HL_TRY(wished("checkpoint-prepare", w));
    HL_TRY(hl_folder_make(w->folder));
    hl_steps_clean(w->folder);
    HL_TRY(hl_checkpoint_space(w->folder, bytes));
    return hl_folder_make(w->tmp);
}

static void file_path(char out[PATH_MAX], const char *folder, const char *name) { hl_path(out, "%s/%s", folder, name); }

/* Weights of all parts. */
static int weights_of(hl_tensor_array *a, const hl_checkpoint_content *c)
{
    for (int i = 0; i < c->parts; i++)
        a[i] = (hl_tensor_array){
            c->part[i].table, c->part[i].whole, c->part[i].holders, c->part[i].w, c->part[i].weights_in_blocks, ""};
    return c->parts;
}

/* First all m, then all v. */
static int moments_of(hl_tensor_array *a, const hl_checkpoint_content *c)
{
    for (int i = 0; i < c->parts; i++) {
        const hl_checkpoint_part *p = &c->part[i];
        a[i] = (hl_tensor_array){p->table, p->whole, p->holders, p->m, p->moments_in_blocks, "m"};
        a[c->parts + i] = (hl_tensor_array){p->table, p->whole, p->holders, p->v, p->moments_in_blocks, "v"};
    }
    return 2 * c->parts;
}

static hl_status write_file(const writing *w, const char *name, const hl_tensor_array *arrays, int n)
{
    char path[PATH_MAX];
    file_path(path, w->tmp, name);
    return hl_tensors_write(w->world, path, arrays, n);
}

/* -1 where it cannot be told. */
static int64_t size_of(const hl_group *world, const char *path)
{
    struct stat st;
    int64_t size = -1;
    if (is_first(world) && stat(path, &st) == 0) size = (int64_t)st.st_size;
    hl_group_broadcast(world, &size, sizeof size, 0);
    return size;
}

/* Note the size and digests of a file that has just been written. */
static hl_status note_file(hl_checkpoint_manifest *v, const writing *w, const char *name)
{
    char path[PATH_MAX];
    file_path(path, w->tmp, name);
    int64_t size = size_of(w->world, path);
    if (size < 0) return HL_FAIL(HL_ESTORE, "%s: vanished while it was written; see who else works there", path);
    hl_checkpoint_manifest_file *f = &v->file[v->files++];
    *f = (hl_checkpoint_manifest_file){.name = name, .size = size};
    f->block = hl_alloc((size_t)hl_block_count(size, v->block) * sizeof *f->block);
    return hl_block_digests(f->block, w->world, path, size, v->block);
}

static hl_status write_files(hl_checkpoint_manifest *v, const writing *w, const hl_checkpoint_content *c)
{
    hl_tensor_array arrays[2 * HL_CHECKPOINT_PARTS];
    HL_TRY(write_file(w, MODEL, arrays, weights_of(arrays, c)));
    HL_TRY(note_file(v, w, MODEL));
    if (!c->moments) return HL_OK;
    HL_TRY(write_file(w, OPTIMIZER, arrays, moments_of(arrays, c)));
    return note_file(v, w, OPTIMIZER);
}

/* All logical tensors of the content; their names are the tables'.  Release with free. */
static int list_tensors(hl_tensor **out, const hl_checkpoint_content *c)
{
    int room = 0, n = 0;
    for (int i = 0; i < c->parts; i++) room += c->part[i].whole->n;
    *out = hl_alloc((size_t)room * sizeof **out);
    for (int i = 0; i < c->parts; i++) n += hl_tensors_list(*out + n, c->part[i].whole);
    return n;
}

static void describe(hl_checkpoint_manifest *v, const hl_checkpoint_content *c, const char *state)
{
    v->tensors = list_tensors(&v->tensor, c);
    for (int i = 0; i < v->tensors; i++) v->tensor[i].name = hl_alloc_text(v->tensor[i].name);
    v->state = hl_alloc_text(state);
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

/* Somebody's own folder of that name is not ours to replace. */
static hl_status make_way(const writing *w, int64_t step)
{
    char aside[PATH_MAX];
    if (hl_step_is_ours(w->folder, step)) return hl_atomic_move(w->path, w->old);
    hl_step_path(aside, w->folder, step, ".aside");
    hl_log(HL_WARN, "%s: is not a checkpoint and in the way of one; it is moved to %s", w->path, aside);
    return hl_atomic_move(w->path, aside);
}

/* From here on it is a checkpoint. */
static hl_status give_name(const writing *w, int64_t step)
{
    HL_TRY(wished("checkpoint-rename", w));
    if (exists(w->path)) HL_TRY(make_way(w, step));
    HL_TRY(hl_atomic_move(w->tmp, w->path));
    return hl_folder_remove(w->old);
}

static hl_status finish(const writing *w, const hl_checkpoint_manifest *v, int64_t best)
{
    char path[PATH_MAX];
    file_path(path, w->tmp, MANIFEST);
    HL_TRY(wished("checkpoint-manifest", w));
    char *text = hl_checkpoint_manifest_text(v);
    hl_status s = hl_atomic_write(path, text, strlen(text));
    free(text);
    if (s == HL_OK) s = give_name(w, v->step);
    if (s == HL_OK && best == v->step) s = hl_step_name(w->folder, "best", v->step);
    if (s == HL_OK) s = wished("checkpoint-latest", w);
    return s == HL_OK ? hl_step_name(w->folder, "latest", v->step) : s;
}

static hl_status write_with(hl_checkpoint_manifest *v, const writing *w, const hl_checkpoint_content *content,
                            const char *state, int64_t best)
{
    HL_TRY_ALL(w->world, is_first(w->world) ? hl_place_sign(prepare(w, bytes_of(content)), 0) : HL_OK);
    HL_TRY(write_files(v, w, content));
    describe(v, content, state);
    HL_TRY_ALL(w->world, is_first(w->world) ? hl_place_sign(finish(w, v, best), 0) : HL_OK);
    return HL_OK;
}

/* After a failure: the folder that was to be a checkpoint goes, and one that was to be replaced has its name back.
 * The sentence of the failure stays. */
static void tidy(const writing *w)
{
    char sentence[1000];
    snprintf(sentence, sizeof sentence, "%s", hl_error_text());
    hl_steps_clean(w->folder);
    hl_error_set(sentence);
}

hl_status hl_checkpoint_write(const hl_group *world, const char *folder, int64_t step,
                              const hl_checkpoint_content *content, const char *state, int keep, int64_t best)
{
    HL_CHECK(content->parts <= HL_CHECKPOINT_PARTS && step >= 0);
    HL_TRY(hl_path_check(folder));
    hl_checkpoint_manifest v = {.step = step, .block = BLOCK};
    writing w = {.world = world, .folder = folder};
    hl_step_path(w.path, folder, step, "");
    hl_step_path(w.tmp, folder, step, ".tmp");
    hl_step_path(w.old, folder, step, ".old");
    hl_status s = write_with(&v, &w, content, state, best);
    hl_checkpoint_manifest_free(&v);
    if (s == HL_OK && is_first(world)) hl_steps_prune(folder, keep, best);
    if (s != HL_OK && is_first(world)) tidy(&w);
    return s;
}

/* ---- opening ---- */

/* People name weights of other programs here, too. */
static hl_status check_kind(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || hl_path_is_there(path, MANIFEST)) return HL_OK;
    if (S_ISREG(st.st_mode))
        return HL_FAIL(HL_EFORMAT,
                       "%s: is a file, and a checkpoint is a folder step-N; weights of PyTorch (.bin, .pt) are not "
                       "read, those of Hugging Face folders by item_pretrain_dir and user_pretrain_dir",
                       path);
    if (hl_path_is_there(path, "config.json"))
        return HL_FAIL(HL_EFORMAT,
                       "%s: is a model in Hugging Face's form, not a checkpoint; name it as item_pretrain_dir or "
                       "user_pretrain_dir",
                       path);
    return HL_OK;
}

static hl_status load_manifest(const char *path, char **text, size_t *n)
{
    char manifest[PATH_MAX];
    *text = NULL;
    *n = 0;
    if (!exists(path))
        return HL_FAIL(HL_EFORMAT, "%s: there is no such checkpoint; name a folder step-N of a run", path);
    file_path(manifest, path, MANIFEST);
    if (hl_regular_read(manifest, MOST_MANIFEST, text, n) == HL_OK) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s", hl_error_text()); /* whatever stands there: an older checkpoint may do */
}

/* Rank 0 reads the manifest, everyone parses it. */
static hl_status read_manifest(hl_checkpoint *c, const hl_group *world)
{
    char *text = NULL, manifest[PATH_MAX];
    uint64_t n = 0;
    size_t size = 0;
    HL_TRY_ALL(world, is_first(world) ? load_manifest(c->path, &text, &size) : HL_OK);
    n = size;
    hl_group_broadcast(world, &n, sizeof n, 0);
    if (!is_first(world)) text = hl_alloc(n);
    hl_group_broadcast(world, text, n, 0);
    file_path(manifest, c->path, MANIFEST);
    hl_status s = hl_checkpoint_manifest_parse(&c->manifest, text, n, manifest);
    free(text);
    return hl_group_agree(world, s);
}

/* Ranks read a share each, so machines with another checkpoint by this path would make a model of two. */
static hl_status check_same(const hl_checkpoint *c, const hl_group *world)
{
    char manifest[PATH_MAX];
    file_path(manifest, c->path, MANIFEST);
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
    file_path(path, c->path, f->name);
    int64_t size = size_of(world, path), block = c->manifest.block;
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
    HL_TRY(verify(c, world, MODEL));
    return moments ? verify(c, world, OPTIMIZER) : HL_OK;
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
    HL_TRY(load_manifest(path, &text, &n));
    file_path(manifest, path, MANIFEST);
    hl_status s = hl_checkpoint_manifest_parse(&v, text, n, manifest);
    if (s == HL_OK) *state = hl_alloc_text(v.state);
    hl_checkpoint_manifest_free(&v);
    free(text);
    return s;
}

const char *hl_checkpoint_path(const hl_checkpoint *c) { return c->path; }

int64_t hl_checkpoint_step(const hl_checkpoint *c) { return c->manifest.step; }

const char *hl_checkpoint_state(const hl_checkpoint *c) { return c->manifest.state; }

/* ---- another state ---- */

static hl_status write_state(const char *path, const hl_checkpoint_manifest *v)
{
    char manifest[PATH_MAX];
    file_path(manifest, path, MANIFEST);
    char *text = hl_checkpoint_manifest_text(v);
    hl_status s = hl_atomic_write(manifest, text, strlen(text));
    free(text);
    return s;
}

/* The name of the best comes first: a state that knows it must find it. */
static hl_status restate(const char *folder, int64_t step, const char *state, int64_t best)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    hl_checkpoint_manifest v = {0};
    hl_step_path(path, folder, step, "");
    HL_TRY(load_manifest(path, &text, &n));
    hl_status s = hl_checkpoint_manifest_parse(&v, text, n, path);
    free(text);
    free(v.state);
    v.state = hl_alloc_text(state);
    if (s == HL_OK && best == step) s = hl_step_name(folder, "best", best);
    if (s == HL_OK) s = write_state(path, &v);
    hl_checkpoint_manifest_free(&v);
    return s;
}

hl_status hl_checkpoint_restate(const hl_group *world, const char *folder, int64_t step, const char *state, int keep,
                                int64_t best)
{
    HL_TRY_ALL(world, is_first(world) ? restate(folder, step, state, best) : HL_OK);
    if (is_first(world)) hl_steps_prune(folder, keep, best);
    return HL_OK;
}

/* ---- reading ---- */

static const hl_tensor *find_tensor(const hl_tensor *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return &list[i];
    return NULL;
}

/* Has it the tensors that are wanted, all of them and no others? */
static hl_status check_fit(const hl_checkpoint *c, const hl_checkpoint_content *content)
{
    hl_mismatches list = {0};
    hl_tensor *want;
    const hl_checkpoint_manifest *v = &c->manifest;
    int n = list_tensors(&want, content);
    for (int i = 0; i < n; i++) {
        const hl_tensor *has = find_tensor(v->tensor, v->tensors, want[i].name);
        if (!has) hl_mismatches_add(&list, "%s is missing", want[i].name);
        else hl_mismatches_add_shape(&list, want[i].name, has->shape, has->ndim, want[i].shape, want[i].ndim);
    }
    for (int i = 0; i < v->tensors; i++)
        if (!find_tensor(want, n, v->tensor[i].name)) hl_mismatches_add(&list, "%.100s is unknown", v->tensor[i].name);
    free(want);
    return hl_mismatches_verdict(&list, c->path, "is of another model",
                                 "use the configuration it was made with, or another checkpoint_dir");
}

static hl_status read_file(const hl_checkpoint *c, const hl_group *world, const char *name,
                           const hl_tensor_array *arrays, int n)
{
    char path[PATH_MAX];
    file_path(path, c->path, name);
    return hl_tensors_read(world, path, arrays, n);
}

hl_status hl_checkpoint_read(const hl_checkpoint *c, const hl_group *world, const hl_checkpoint_content *content)
{
    hl_tensor_array arrays[2 * HL_CHECKPOINT_PARTS];
    HL_CHECK(content->parts <= HL_CHECKPOINT_PARTS);
    HL_TRY_ALL(world, check_fit(c, content));
    HL_TRY(read_file(c, world, MODEL, arrays, weights_of(arrays, content)));
    return content->moments ? read_file(c, world, OPTIMIZER, arrays, moments_of(arrays, content)) : HL_OK;
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
