/* checkpoint-write.c - a checkpoint is written whole or not at all.
 *
 * Folders and small files are rank 0's; tensors and digests are everyone's.  Each act ends with an agreement, so
 * that all ranks go on or give up together. */
#include "io/checkpoint/checkpoint.h"
#include "base/alloc.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/blockdigest.h"
#include "io/checkpoint/checkpoint-manifest.h"
#include "io/files/folder.h"
#include "io/files/place.h"
#include "io/checkpoint/steps.h"
#include "io/checkpoint/tensors.h"
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const int64_t BLOCK = (int64_t)64 << 20; /* bytes a digest stands for */

static bool is_first(const hl_group *g) { return g->rank == 0; }

typedef struct {
    const hl_group *world;
    const char *folder;
    char tmp[PATH_MAX], path[PATH_MAX], old[PATH_MAX];
} writing;

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

static hl_status write_file(const writing *w, const char *name, const hl_tensor_array *arrays, int n)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", w->tmp, name);
    return hl_tensors_write(w->world, path, arrays, n);
}

/* Note the size and digests of a file that has just been written. */
static hl_status note_file(hl_checkpoint_manifest *v, const writing *w, const char *name)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", w->tmp, name);
    int64_t size = hl_checkpoint_file_size(w->world, path);
    if (size < 0) return HL_FAIL(HL_ESTORE, "%s: vanished while it was written; see who else works there", path);
    hl_checkpoint_manifest_file *f = &v->file[v->files++];
    *f = (hl_checkpoint_manifest_file){.name = name, .size = size};
    f->block = hl_alloc((size_t)hl_block_count(size, v->block) * sizeof *f->block);
    return hl_block_digests(f->block, w->world, path, size, v->block);
}

static hl_status write_files(hl_checkpoint_manifest *v, const writing *w, const hl_checkpoint_content *c)
{
    hl_tensor_array arrays[2 * HL_CHECKPOINT_PARTS];
    HL_TRY(write_file(w, HL_CHECKPOINT_MODEL, arrays, hl_checkpoint_weights(arrays, c)));
    HL_TRY(note_file(v, w, HL_CHECKPOINT_MODEL));
    if (!c->moments) return HL_OK;
    HL_TRY(write_file(w, HL_CHECKPOINT_OPTIMIZER, arrays, hl_checkpoint_moments(arrays, c)));
    return note_file(v, w, HL_CHECKPOINT_OPTIMIZER);
}

static void describe(hl_checkpoint_manifest *v, const hl_checkpoint_content *c, const char *state)
{
    v->tensors = hl_checkpoint_tensors(&v->tensor, c);
    for (int i = 0; i < v->tensors; i++) v->tensor[i].name = hl_alloc_text(v->tensor[i].name);
    v->state = hl_alloc_text(state);
}

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
    if (access(w->path, F_OK) == 0) HL_TRY(make_way(w, step));
    HL_TRY(hl_atomic_move(w->tmp, w->path));
    return hl_folder_remove(w->old);
}

static hl_status finish(const writing *w, const hl_checkpoint_manifest *v, int64_t best)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", w->tmp, HL_CHECKPOINT_MANIFEST);
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

/* ---- another state ---- */

static hl_status write_state(const char *path, const hl_checkpoint_manifest *v)
{
    char manifest[PATH_MAX];
    hl_path(manifest, "%s/%s", path, HL_CHECKPOINT_MANIFEST);
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
    HL_TRY(hl_checkpoint_manifest_load(path, &text, &n));
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
