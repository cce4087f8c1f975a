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
#include "io/weights/safetensors-layout.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VECTORS, ID, ID_BEGIN, TEXT_DIGEST, ENTRIES, MOST_PROGRESS = 4096, MOST_HEADER = 1 << 20 };

/* ---- an earlier file */

static bool says_model(const char *path, uint64_t model)
{
    char digest[17], wanted[40], head[MOST_PROGRESS + 1];
    hl_digest_text(digest, model);
    snprintf(wanted, sizeof wanted, "\"model\":\"%s\"", digest);
    FILE *in;
    if (hl_regular_stream(&in, path, HL_EFORMAT, "") != HL_OK) return false;
    head[fread(head, 1, MOST_PROGRESS, in)] = 0;
    fclose(in);
    return strstr(head + 8, wanted) != NULL;
}

static uint64_t digest_at(const hl_embed_file *f, size_t row)
{
    uint64_t x;
    memcpy(&x, (const char *)f->earlier_digest->bytes + row * sizeof x, sizeof x);
    return x;
}

/* It stands where the new one will, and is of the same weights. */
static void find_earlier(hl_embed_file *f)
{
    if (!hl_regular_is(f->path) || !says_model(f->path, f->model)) return;
    if (hl_state_dict_open(&f->earlier, f->path) == HL_OK) {
        f->earlier_vectors = hl_state_dict_find(f->earlier, "vectors");
        f->earlier_digest = hl_state_dict_find(f->earlier, "text_digest");
    }
    const bool fits = f->earlier_vectors && f->earlier_digest && f->earlier_vectors->ndim == 2
                      && f->earlier_vectors->shape[1] == f->D && strcmp(f->earlier_digest->dtype, "U64") == 0
                      && f->earlier_digest->count == (size_t)f->earlier_vectors->shape[0];
    if (!fits) f->earlier_digest = NULL;
    for (size_t i = 0; fits && i < f->earlier_digest->count; i++)
        hl_hash_table_add(&f->known, digest_at(f, i), (uint32_t)i);
}

int64_t hl_embed_file_find(const hl_embed_file *f, uint64_t digest)
{
    for (hl_hash_walk w = hl_hash_table_walk(&f->known, digest); hl_hash_table_next(&f->known, &w);)
        if (digest_at(f, w.number) == digest) return w.number;
    return -1;
}

/* ---- the new file but for its vectors */

static int64_t lay_out(hl_safetensors_entry e[ENTRIES], const hl_embed_file *f, const hl_embed_texts *t, char **head,
                       size_t *bytes)
{
    char digest[17];
    int n;
    int64_t id_bytes = 0;
    for (int64_t row = 0; row < t->rows; row++) hl_embed_texts_id(t, row, &n), id_bytes += n;
    e[VECTORS] = (hl_safetensors_entry){"vectors", "F32", 2, {t->rows, f->D}, 0};
    e[ID] = (hl_safetensors_entry){"id", "U8", 1, {id_bytes}, 0};
    e[ID_BEGIN] = (hl_safetensors_entry){"id_begin", "I64", 1, {t->rows + 1}, 0};
    e[TEXT_DIGEST] = (hl_safetensors_entry){"text_digest", "U64", 1, {t->rows}, 0};
    hl_digest_text(digest, f->model);
    json_t *metadata = json_pack("{ss ss ss}", "format", "pt", "kind", "hllm vectors", "model", digest);
    const int64_t size = hl_safetensors_lay_out(e, ENTRIES, metadata, head, bytes);
    json_decref(metadata);
    return size;
}

static hl_status write_ids(const hl_embed_file *f, const hl_embed_texts *t, const hl_safetensors_entry *e)
{
    int64_t *begin = hl_alloc((size_t)(t->rows + 1) * sizeof *begin);
    char *all = hl_alloc((size_t)e[ID].shape[0] + 1);
    begin[0] = 0;
    for (int64_t row = 0; row < t->rows; row++) {
        int n;
        const char *id = hl_embed_texts_id(t, row, &n);
        memcpy(all + begin[row], id, (size_t)n);
        begin[row + 1] = begin[row] + n;
    }
    hl_status s = hl_positioned_write(f->fd, f->part, all, (size_t)e[ID].shape[0], e[ID].at);
    if (s == HL_OK)
        s = hl_positioned_write(f->fd, f->part, begin, (size_t)(t->rows + 1) * sizeof *begin, e[ID_BEGIN].at);
    free(all);
    free(begin);
    return s;
}

static hl_status open_part(hl_embed_file *f, int how)
{
    f->fd = open(f->part, how | O_CLOEXEC, 0666);
    return f->fd >= 0 ? HL_OK : hl_remedy_fail(f->part, "open", errno);
}

static hl_status close_part(hl_embed_file *f, hl_status s)
{
    const int fd = f->fd;
    f->fd = -1;
    return fd >= 0 && close(fd) != 0 && s == HL_OK ? hl_remedy_fail(f->part, "close", errno) : s;
}

static hl_status fill_part(hl_embed_file *f, const hl_embed_texts *t, const hl_safetensors_entry *e, const char *head,
                           size_t bytes, int64_t size)
{
    HL_TRY(hl_positioned_reserve(f->fd, f->part, size));
    HL_TRY(hl_positioned_write(f->fd, f->part, head, bytes, 0));
    HL_TRY(write_ids(f, t, e));
    HL_TRY(hl_positioned_write(f->fd, f->part, t->digest, (size_t)t->rows * sizeof *t->digest, e[TEXT_DIGEST].at));
    return hl_atomic_flush(f->fd) == 0 ? HL_OK : hl_remedy_fail(f->part, "flush", errno);
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

/* Has a job of the same key left its part? */
static bool goes_on(hl_embed_file *f, int64_t size)
{
    char key[17];
    struct stat st;
    json_t *o = NULL;
    hl_digest_text(key, f->key);
    if (!hl_regular_is(f->progress) || stat(f->part, &st) != 0 || st.st_size != size) return false;
    const bool is_read = hl_json_read(f->progress, MOST_PROGRESS, &o) == HL_OK;
    const char *was = json_string_value(json_object_get(o, "key"));
    const bool same = is_read && was && strcmp(was, key) == 0;
    if (same) f->done = json_integer_value(json_object_get(o, "texts"));
    json_decref(o);
    return same && f->done >= 0;
}

static hl_status make(hl_embed_file *f, const hl_embed_texts *t)
{
    hl_safetensors_entry e[ENTRIES];
    char *head;
    size_t bytes;
    const int64_t size = lay_out(e, f, t, &head, &bytes);
    hl_status s = HL_OK;
    f->vectors = e[VECTORS].at;
    if (goes_on(f, size)) hl_log(HL_INFO, "%s: going on after %lld texts", f->part, (long long)f->done);
    else {
        f->done = 0;
        (void)!unlink(f->progress);
        s = open_part(f, O_WRONLY | O_CREAT | O_TRUNC);
        if (s == HL_OK) s = fill_part(f, t, e, head, bytes, size);
        s = close_part(f, s);
        if (s == HL_OK) s = write_progress(f);
    }
    free(head);
    return s;
}

hl_status hl_embed_file_open(hl_embed_file *f, const hl_group *world, const char *path, const hl_embed_texts *t, int D,
                             uint64_t model)
{
    *f = (hl_embed_file){.D = D, .model = model, .fd = -1};
    HL_TRY(hl_path_check(path));
    hl_path(f->path, "%s", path);
    hl_path(f->part, "%s.part", path);
    hl_path(f->progress, "%s.progress", path);
    find_earlier(f);
    f->key = hl_digest_join(model, hl_digest(t->digest, (size_t)t->rows * sizeof *t->digest));
    if (f->earlier_digest)
        f->key = hl_digest_join(f->key, hl_digest(f->earlier_digest->bytes, f->earlier_digest->count * sizeof f->key));
    HL_TRY_ALL(world, world->rank == 0 ? hl_place_sign(make(f, t), 0) : HL_OK);
    hl_group_broadcast(world, &f->vectors, sizeof f->vectors, 0);
    hl_group_broadcast(world, &f->done, sizeof f->done, 0);
    HL_TRY_ALL(world, hl_place_sign(open_part(f, O_WRONLY), world->rank));
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

hl_status hl_embed_file_finish(hl_embed_file *f, const hl_group *world)
{
    HL_TRY_ALL(world, hl_place_sign(close_part(f, HL_OK), world->rank));
    HL_TRY_ALL(world, world->rank == 0 ? hl_place_sign(hl_atomic_move(f->part, f->path), 0) : HL_OK);
    if (world->rank == 0) (void)!unlink(f->progress);
    return HL_OK;
}

void hl_embed_file_close(hl_embed_file *f)
{
    if (f->fd >= 0) close(f->fd);
    hl_hash_table_free(&f->known);
    hl_state_dict_close(f->earlier);
    *f = (hl_embed_file){.fd = -1};
}
