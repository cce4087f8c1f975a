/* target-ranks.c - how each user's target was ranked, in a file that all ranks write together.
 *
 * One rank lays the file out, each writes its rows where they belong (io/files/h5-frame.h), then all agree. */
#include "io/dataset/target-ranks.h"
#include "base/alloc.h"
#include "base/part.h"
#include "base/path.h"
#include "io/dataset/target-ranks-form.h"
#include "io/files/atomic.h"
#include "io/files/place.h"
#include "io/files/positioned.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- my share */

static void make_room(hl_target_ranks *t, int64_t n)
{
    const size_t rows = (size_t)n;
    t->n = n;
    t->user_begin = hl_alloc_zero(rows + 1, sizeof *t->user_begin);
    t->target_begin = hl_alloc_zero(rows + 1, sizeof *t->target_begin);
    t->low = hl_alloc_zero(rows + 1, sizeof *t->low);
    t->high = hl_alloc_zero(rows + 1, sizeof *t->high);
    t->popularity = hl_alloc_zero(rows + 1, sizeof *t->popularity);
    t->history = hl_alloc_zero(rows + 1, sizeof *t->history);
}

/* Ids of n rows, of which id(row) is a question to the corpus: where each begins, then their bytes. */
static void fill_ids(char **bytes, int64_t *begin, const hl_targets *targets, int64_t first, int64_t n, bool of_user)
{
    const hl_corpus *c = targets->corpus;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n; i++) {
            const int32_t *history;
            int length, items;
            const int64_t user = hl_targets_user(targets, first + i);
            const char *id = of_user ? c->user_id(c, user, &length)
                                     : c->item_id(c, hl_targets_at(targets, first + i, &history, &items), &length);
            if (pass == 0) begin[i + 1] = begin[i] + length;
            else if (length) memcpy(*bytes + begin[i], id, (size_t)length);
        }
        if (pass == 0) *bytes = hl_alloc((size_t)begin[n] + 1);
    }
}

static void fill(hl_target_ranks *t, const hl_targets *targets, int64_t first, const hl_target_ranks_content *c)
{
    for (int64_t i = 0; i < t->n; i++) {
        const int32_t *history;
        int items;
        const int64_t user = hl_targets_user(targets, first + i);
        const int32_t target = hl_targets_at(targets, first + i, &history, &items);
        t->low[i] = c->rank[user];
        t->high[i] = c->rank[user] ? c->rank[user] + c->ties[user] : 0;
        t->popularity[i] = c->met[target];
        t->history[i] = items;
    }
    fill_ids(&t->user, t->user_begin, targets, first, t->n, true);
    fill_ids(&t->target, t->target_begin, targets, first, t->n, false);
}

/* ---- writing */

typedef struct {
    const hl_group *world;
    char path[PATH_MAX], part[PATH_MAX];
    int fd;
    const json_t *about;
    hl_h5_array array[HL_RANKS_ARRAYS];
    hl_target_ranks mine;
    int64_t first, n;      /* my first row; all rows */
    int64_t ids[2], at[2]; /* bytes of all ids, of users and of targets; where mine begin */
    int64_t size;          /* of the file but for the line behind it */
} writing;

/* How many bytes of ids there are, and before mine. */
static void place_ids(writing *w)
{
    const hl_group *g = w->world;
    int64_t *all = hl_alloc_zero(2 * (size_t)g->size, sizeof *all);
    all[2 * g->rank] = w->mine.user_begin[w->mine.n];
    all[2 * g->rank + 1] = w->mine.target_begin[w->mine.n];
    hl_group_all_reduce_int(g, all, 2 * (size_t)g->size);
    for (int r = 0; r < g->size; r++)
        for (int k = 0; k < 2; k++) {
            w->ids[k] += all[2 * r + k];
            if (r < g->rank) w->at[k] += all[2 * r + k];
        }
    free(all);
    for (int64_t i = 0; i <= w->mine.n; i++) w->mine.user_begin[i] += w->at[0], w->mine.target_begin[i] += w->at[1];
}

static void shape_arrays(writing *w)
{
    for (int k = 0; k < HL_RANKS_ARRAYS; k++) {
        hl_h5_array *a = &w->array[k];
        *a = (hl_h5_array){.type = hl_target_ranks_arrays[k].type, .ndim = 1, .shape = {w->n}};
        snprintf(a->name, sizeof a->name, "%s", hl_target_ranks_arrays[k].name);
    }
    w->array[HL_RANKS_USER].shape[0] = w->ids[0];
    w->array[HL_RANKS_TARGET].shape[0] = w->ids[1];
    w->array[HL_RANKS_USER_BEGIN].shape[0] = w->array[HL_RANKS_TARGET_BEGIN].shape[0] = w->n + 1;
}

static hl_status open_part(writing *w, int how)
{
    w->fd = open(w->part, how | O_CLOEXEC, 0666);
    return w->fd >= 0 ? HL_OK : hl_remedy_fail(w->part, "open", errno);
}

/* Rank 0: all but the rows. */
static hl_status begin_part(writing *w)
{
    hl_h5_frame frame;
    hl_status s = hl_h5_frame_make(&frame, w->array, HL_RANKS_ARRAYS, w->about);
    if (s == HL_OK) s = open_part(w, O_WRONLY | O_CREAT | O_TRUNC);
    if (s == HL_OK) s = hl_positioned_reserve(w->fd, w->part, frame.size + HL_TARGET_RANKS_LINE);
    if (s == HL_OK) s = hl_h5_frame_write(&frame, w->fd, w->part, w->array, HL_RANKS_ARRAYS);
    w->size = frame.size;
    hl_h5_frame_free(&frame);
    return s;
}

/* Rank 0: the line, when all rows are there. */
static hl_status end_part(const writing *w, uint64_t digest)
{
    char line[HL_TARGET_RANKS_LINE + 1];
    hl_target_ranks_line(line, digest);
    HL_TRY(hl_positioned_write(w->fd, w->part, line, HL_TARGET_RANKS_LINE, w->size));
    return hl_atomic_flush(w->fd) == 0 ? HL_OK : hl_remedy_fail(w->part, "flush", errno);
}

static hl_status put(const writing *w, int array, const void *rows, int64_t first, int64_t n)
{
    const int64_t size =
        (int64_t[HL_H5_TYPES]){[HL_H5_U8] = 1, [HL_H5_I32] = 4, [HL_H5_I64] = 8}[hl_target_ranks_arrays[array].type];
    if (n == 0) return HL_OK;
    return hl_positioned_write(w->fd, w->part, rows, (size_t)(n * size), w->array[array].at + first * size);
}

/* The last entry of a begin is behind the last row, and rank 0's to write. */
static hl_status put_mine(const writing *w)
{
    const hl_target_ranks *t = &w->mine;
    HL_TRY(put(w, HL_RANKS_USER, t->user, w->at[0], t->user_begin[t->n] - t->user_begin[0]));
    HL_TRY(put(w, HL_RANKS_TARGET, t->target, w->at[1], t->target_begin[t->n] - t->target_begin[0]));
    HL_TRY(put(w, HL_RANKS_USER_BEGIN, t->user_begin, w->first, t->n));
    HL_TRY(put(w, HL_RANKS_TARGET_BEGIN, t->target_begin, w->first, t->n));
    HL_TRY(put(w, HL_RANKS_LOW, t->low, w->first, t->n));
    HL_TRY(put(w, HL_RANKS_HIGH, t->high, w->first, t->n));
    HL_TRY(put(w, HL_RANKS_HISTORY, t->history, w->first, t->n));
    HL_TRY(put(w, HL_RANKS_POPULARITY, t->popularity, w->first, t->n));
    if (w->world->rank == 0) HL_TRY(put(w, HL_RANKS_USER_BEGIN, &w->ids[0], w->n, 1));
    if (w->world->rank == 0) HL_TRY(put(w, HL_RANKS_TARGET_BEGIN, &w->ids[1], w->n, 1));
    return hl_atomic_flush(w->fd) == 0 ? HL_OK : hl_remedy_fail(w->part, "flush", errno);
}

static hl_status close_part(writing *w)
{
    const int fd = w->fd;
    w->fd = -1;
    return fd < 0 || close(fd) == 0 ? HL_OK : hl_remedy_fail(w->part, "close", errno);
}

static hl_status write_part(writing *w)
{
    const hl_group *g = w->world;
    uint64_t digest;
    HL_TRY_ALL(g, g->rank == 0 ? hl_place_sign(begin_part(w), 0) : HL_OK);
    hl_group_broadcast(g, w->array, sizeof w->array, 0);
    hl_group_broadcast(g, &w->size, sizeof w->size, 0);
    HL_TRY_ALL(g, g->rank == 0 ? HL_OK : hl_place_sign(open_part(w, O_WRONLY), g->rank));
    hl_positioned_keep_apart(w->fd, g->rank);
    HL_TRY_ALL(g, hl_place_sign(put_mine(w), g->rank));
    HL_TRY(hl_target_ranks_digest(&digest, g, w->part, w->size));
    HL_TRY_ALL(g, g->rank == 0 ? hl_place_sign(end_part(w, digest), 0) : HL_OK);
    HL_TRY_ALL(g, hl_place_sign(close_part(w), g->rank));
    HL_TRY_ALL(g, g->rank == 0 ? hl_place_sign(hl_atomic_move(w->part, w->path), 0) : HL_OK);
    return HL_OK;
}

static void take_share(writing *w, const hl_target_ranks_content *c)
{
    hl_targets targets;
    hl_targets_open(&targets, c->corpus, c->phase);
    w->n = targets.n;
    w->first = hl_part_begin(w->n, w->world->size, w->world->rank);
    make_room(&w->mine, hl_part_count(w->n, w->world->size, w->world->rank));
    fill(&w->mine, &targets, w->first, c);
    hl_targets_close(&targets);
}

static json_t *whole_about(const json_t *about)
{
    json_t *o = json_copy((json_t *)(uintptr_t)about);
    json_object_set_new(o, "format", json_string(HL_TARGET_RANKS_FORMAT));
    json_object_set_new(o, "schema", json_integer(HL_TARGET_RANKS_SCHEMA));
    return o;
}

hl_status hl_target_ranks_write(const hl_group *world, const char *path, const hl_target_ranks_content *c)
{
    json_t *about = whole_about(c->about);
    writing w = {.world = world, .fd = -1, .about = about};
    HL_TRY(hl_path_check(path));
    hl_path(w.path, "%s", path);
    hl_path(w.part, "%s.part", path);
    take_share(&w, c);
    place_ids(&w);
    shape_arrays(&w);
    const hl_status s = write_part(&w);
    if (w.fd >= 0) close(w.fd);
    if (s != HL_OK && world->rank == 0) (void)!unlink(w.part);
    hl_target_ranks_free(&w.mine);
    json_decref(about);
    return s;
}
