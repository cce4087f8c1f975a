/* embed-file.c - a file of vectors, while it is made and as an earlier one. */
#include "app/embed/embed-file.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/json.h"
#include "io/files/place.h"
#include "io/files/positioned.h"
#include "io/files/regular.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PROGRESS = 4096 };

/* ---- an earlier file */

static uint64_t digest_at(const hl_embed_file *f, int64_t row)
{
    uint64_t x;
    memcpy(&x, f->earlier.digest + (size_t)row * f->earlier.digest_step, sizeof x);
    return x;
}

static uint64_t digest_of_earlier(const hl_embed_file *f)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < f->earlier.rows; i++) sum = hl_digest_join(sum, digest_at(f, i));
    return sum;
}

/* It stands where the new one will.  Either all ranks take it or none, since all must agree what is to be encoded. */
static void find_earlier(hl_embed_file *f, const hl_group *world, const hl_vectors *v)
{
    uint64_t mine = f->form->find(&f->earlier, f->path, f->beside, v) ? digest_of_earlier(f) : 0, first = mine;
    hl_group_broadcast(world, &first, sizeof first, 0);
    if (hl_group_any(world, mine != first)) hl_vectors_close(&f->earlier);
    for (int64_t i = 0; i < f->earlier.rows; i++) hl_hash_table_add(&f->known, digest_at(f, i), (uint32_t)i);
    if (f->earlier.rows) f->key = hl_digest_join(f->key, first);
}

int64_t hl_embed_file_find(const hl_embed_file *f, uint64_t digest)
{
    for (hl_hash_walk w = hl_hash_table_walk(&f->known, digest); hl_hash_table_next(&f->known, &w);)
        if (digest_at(f, w.number) == digest) return w.number;
    return -1;
}

void hl_embed_file_get(const hl_embed_file *f, int64_t row, float *vector)
{
    const size_t bytes = (size_t)f->D * sizeof *vector;
    memcpy(vector, f->earlier.vector + (size_t)row * bytes, bytes);
}

/* ---- the new file but for its vectors */

static hl_status open_part(hl_embed_file *f)
{
    f->fd = open(f->part, O_WRONLY | O_CLOEXEC, 0666);
    return f->fd >= 0 ? HL_OK : hl_remedy_fail(f->part, "open", errno);
}

static hl_status close_part(hl_embed_file *f, hl_status s)
{
    const int fd = f->fd;
    f->fd = -1;
    return fd >= 0 && close(fd) != 0 && s == HL_OK ? hl_remedy_fail(f->part, "close", errno) : s;
}

static hl_status write_progress(const hl_embed_file *f)
{
    char key[17];
    hl_digest_text(key, f->key);
    json_t *o = json_pack("{ss sI}", "key", key, "texts", (json_int_t)f->done);
    const hl_status s = hl_json_write(f->progress, o, JSON_COMPACT);
    json_decref(o);
    return s;
}

static bool is_long(const char *path, int64_t size)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size == size;
}

/* Has a job of the same key left its part? */
static bool goes_on(hl_embed_file *f, const hl_vectors_place *p)
{
    char key[17];
    json_t *o = NULL;
    hl_digest_text(key, f->key);
    if (!hl_regular_is(f->progress) || !is_long(f->part, p->size)) return false;
    if (*f->beside && !hl_regular_is(f->beside_part)) return false;
    const bool is_read = hl_json_read(f->progress, MOST_PROGRESS, &o) == HL_OK;
    const char *was = json_string_value(json_object_get(o, "key"));
    const bool same = is_read && was && strcmp(was, key) == 0;
    if (same) f->done = json_integer_value(json_object_get(o, "texts"));
    json_decref(o);
    return same && f->done >= 0;
}

static hl_status make(hl_embed_file *f, const hl_vectors *v)
{
    hl_vectors_place p;
    HL_TRY(hl_vectors_measure(&p, f->form, v));
    f->vectors = p.at;
    if (goes_on(f, &p)) {
        hl_log(HL_INFO, "%s: going on after %lld %s", f->part, (long long)f->done, v->kind);
        return HL_OK;
    }
    f->done = 0;
    (void)!unlink(f->progress);
    HL_TRY(hl_vectors_make(&p, f->form, v, f->part, f->beside_part));
    return write_progress(f);
}

static hl_status name_files(hl_embed_file *f, const hl_embed_orders *o)
{
    HL_TRY(hl_vectors_form_of(&f->form, o->form, o->to));
    HL_TRY(hl_path_check(o->to));
    hl_path(f->path, "%s", o->to);
    hl_path(f->part, "%s.part", o->to);
    hl_path(f->progress, "%s.progress", o->to);
    hl_vectors_beside(f->beside, f->form, o->to);
    if (*f->beside) hl_path(f->beside_part, "%s.part", f->beside);
    return HL_OK;
}

/* Rank 0: nobody else writes FILE.part. */
static hl_status take_place(hl_embed_file *f)
{
    char lock[PATH_MAX];
    hl_path(lock, "%s.lock", f->path);
    return hl_lock_take(&f->lock, lock, 0);
}

/* The ids of all rows, one behind the other; only rank 0 writes them. */
static char *list_ids(int64_t *begin, const hl_embed_source *s)
{
    begin[0] = 0;
    for (int64_t row = 0; row < s->rows; row++) {
        int n;
        s->kind->id(s, row, &n);
        begin[row + 1] = begin[row] + n;
    }
    char *all = hl_alloc((size_t)begin[s->rows] + 1);
    for (int64_t row = 0; row < s->rows; row++) {
        int n;
        const char *id = s->kind->id(s, row, &n);
        memcpy(all + begin[row], id, (size_t)n);
    }
    return all;
}

static hl_status make_all(hl_embed_file *f, const hl_embed_source *s, const hl_vectors *of)
{
    int64_t *begin = hl_alloc((size_t)(s->rows + 1) * sizeof *begin);
    char *ids = list_ids(begin, s);
    hl_vectors v = *of;
    v.id = ids;
    v.id_begin = begin;
    const hl_status status = make(f, &v);
    free(ids);
    free(begin);
    return status;
}

hl_status hl_embed_file_open(hl_embed_file *f, const hl_embed_source *s, int D, uint64_t model)
{
    const hl_group *world = s->job->world;
    const hl_vectors v = {s->kind->kind, s->kind->digest_name, s->rows, D, model, NULL, NULL, s->digest};
    *f = (hl_embed_file){.D = D, .fd = -1};
    HL_TRY(name_files(f, s->orders)); /* the same on all ranks */
    HL_TRY_ALL(world, world->rank == 0 ? take_place(f) : HL_OK);
    f->key = hl_digest_join(model, hl_digest(s->digest, (size_t)s->rows * sizeof *s->digest));
    f->key = hl_digest_join(f->key, hl_digest(f->form->name, strlen(f->form->name)));
    find_earlier(f, world, &v);
    HL_TRY_ALL(world, world->rank == 0 ? hl_place_sign(make_all(f, s, &v), 0) : HL_OK);
    hl_group_broadcast(world, &f->vectors, sizeof f->vectors, 0);
    hl_group_broadcast(world, &f->done, sizeof f->done, 0);
    HL_TRY_ALL(world, hl_place_sign(open_part(f), world->rank));
    hl_positioned_keep_apart(f->fd, world->rank);
    return HL_OK;
}

hl_status hl_embed_file_put(const hl_embed_file *f, int64_t row, const float *vector)
{
    const size_t bytes = (size_t)f->D * sizeof *vector;
    return hl_positioned_write(f->fd, f->part, vector, bytes, f->vectors + row * (int64_t)bytes);
}

hl_status hl_embed_file_advance(hl_embed_file *f, const hl_group *world, int64_t done)
{
    const bool failed = hl_atomic_flush(f->fd) != 0;
    HL_TRY_ALL(world, failed ? hl_place_sign(hl_remedy_fail(f->part, "flush", errno), world->rank) : HL_OK);
    f->done = done;
    HL_TRY_ALL(world, world->rank == 0 ? hl_place_sign(write_progress(f), 0) : HL_OK);
    return HL_OK;
}

/* A kill between the two moves leaves no FILE, but its part and all that is done. */
static hl_status move_both(const hl_embed_file *f)
{
    if (*f->beside) {
        if (unlink(f->path) != 0 && errno != ENOENT) return hl_remedy_fail(f->path, "remove", errno);
        HL_TRY(hl_atomic_move(f->beside_part, f->beside));
    }
    return hl_atomic_move(f->part, f->path);
}

hl_status hl_embed_file_finish(hl_embed_file *f, const hl_group *world)
{
    HL_TRY_ALL(world, hl_place_sign(close_part(f, HL_OK), world->rank));
    HL_TRY_ALL(world, world->rank == 0 ? hl_place_sign(move_both(f), 0) : HL_OK);
    if (world->rank == 0) (void)!unlink(f->progress);
    return HL_OK;
}

void hl_embed_file_close(hl_embed_file *f)
{
    if (f->fd >= 0) close(f->fd);
    hl_hash_table_free(&f->known);
    hl_vectors_close(&f->earlier);
    hl_lock_release_place(f->lock);
    *f = (hl_embed_file){.fd = -1};
}
