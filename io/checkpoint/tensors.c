/* tensors.c - logical tensors in one HDF5 file, written and read by many ranks together.
 *
 * Rank 0 lays the file out, or reads what lies where, and tells all; then each rank opens the file for itself and
 * moves what it has by pwrite and pread.  No rank waits for another while a disk may fail: they agree after each
 * act.  A rank's share is one piece of its array (the side's tensors one after the other), so it touches few
 * datasets and moves long runs. */
#include "io/checkpoint/tensors.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/fault.h"
#include "base/minmax.h"
#include "io/files/place.h"
#include "io/files/positioned.h"
#include "io/files/reads.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- names ---- */

static int find(const hl_tensor *list, int n, const char *name)
{
    for (int i = n - 1; i >= 0; i--)
        if (strcmp(list[i].name, name) == 0) return i;
    return -1;
}

static hl_tensor tensor_of(const hl_param *p)
{
    hl_tensor t = {.name = p->stack};
    if (p->layer >= 0) t.shape[t.ndim++] = p->layers;
    for (int i = 0; i < p->ndim; i++) t.shape[t.ndim++] = p->shape[i];
    return t;
}

int hl_tensors_list(hl_tensor *list, const hl_params *t)
{
    int n = 0;
    for (int k = 0; k < t->n; k++)
        if (!t->at[k].outside && find(list, n, t->at[k].stack) < 0) list[n++] = tensor_of(&t->at[k]);
    return n;
}

/* ---- the file ---- */

/* The datasets of all arrays, one array after the other: the same list on every rank. */
typedef struct {
    const hl_group *world;
    const char *path;
    bool writing;
    hl_tensor_entry *entry;
    size_t entry_room;
    int entries, fd; /* fd: -1 while it is closed */
} file;

static void list_entries(file *f, const hl_tensor_array *a)
{
    hl_tensor *list = hl_alloc((size_t)a->whole->n * sizeof *list);
    const int n = hl_tensors_list(list, a->whole);
    HL_RESERVE(f->entry, f->entry_room, f->entries + n);
    for (int i = 0; i < n; i++) f->entry[f->entries++] = (hl_tensor_entry){.tensor = list[i], .under = a->under};
    free(list);
}

static file file_of(const hl_group *world, const char *path, bool writing, const hl_tensor_array *arrays, int n)
{
    file f = {.world = world, .path = path, .writing = writing, .fd = -1};
    for (int i = 0; i < n; i++) list_entries(&f, &arrays[i]);
    return f;
}

/* Where the numbers of a slice begin. */
static int64_t place_of(const file *f, const hl_tensor_array *a, const hl_param *p)
{
    for (int i = 0; i < f->entries; i++)
        if (strcmp(f->entry[i].under, a->under) == 0 && strcmp(f->entry[i].tensor.name, p->stack) == 0)
            return f->entry[i].at + hl_max(p->layer, 0) * hl_param_whole(p) * (int64_t)sizeof(float);
    HL_CHECK(false && "a tensor that no rank has told of");
}

static void share_places(const file *f)
{
    int64_t *at = hl_alloc((size_t)f->entries * sizeof *at);
    for (int i = 0; i < f->entries; i++) at[i] = f->entry[i].at;
    hl_group_broadcast(f->world, at, (size_t)f->entries * sizeof *at, 0);
    for (int i = 0; i < f->entries; i++) f->entry[i].at = at[i];
    free(at);
}

static hl_status trouble(const file *f, const char *act) { return hl_remedy_fail(f->path, act, errno); }

static hl_status open_file(file *f, int how)
{
    f->fd = hl_fault("checkpoint-open", f->world->rank) ? -1 : open(f->path, how | O_CLOEXEC, 0666);
    if (f->fd >= 0 && !f->writing) hl_reads_opened();
    if (f->fd >= 0) return HL_OK;
    if (errno == ENOENT && f->writing && f->world->rank > 0)
        return HL_FAIL(
            HL_ESTORE,
            "%s: rank 0 has just made it and it is not there; name a folder that all machines of the job share",
            f->path);
    return trouble(f, f->writing ? "create or open" : "open");
}

static hl_status close_file(file *f, hl_status s)
{
    const int failed = f->fd >= 0 ? close(f->fd) : 0;
    f->fd = -1;
    return s == HL_OK && failed ? trouble(f, "close") : s;
}

/* ---- my part of it ---- */

/* Neighbours in memory that are neighbours in the file: bytes [at, at + n) of it. */
typedef struct {
    char *x;
    size_t n;
    int64_t at;
} run;

static hl_status move(const file *f, const run *r)
{
    if (r->n == 0) return HL_OK;
    return f->writing ? hl_positioned_write(f->fd, f->path, r->x, r->n, r->at)
                      : hl_positioned_read(f->fd, f->path, r->x, r->n, r->at);
}

/* Join a stretch to the run before it, or move that and begin a new one. */
static hl_status add(run *r, const file *f, char *x, size_t n, int64_t at)
{
    if (r->n > 0 && r->x + r->n == x && r->at + (int64_t)r->n == at) {
        r->n += n;
        return HL_OK;
    }
    hl_status s = move(f, r);
    *r = (run){x, n, at};
    return s;
}

/* Of the array the numbers that I am to write or read where those of this tensor are. */
static hl_span mine_of(const hl_tensor_array *a, const hl_param *p)
{
    const int ranks = a->holders->size, me = a->holders->rank;
    if (a->shards) return hl_shards_block(a->shards, me, p->offset);
    return (hl_span){hl_params_block_begin(a->table, ranks, me), hl_params_block_begin(a->table, ranks, me + 1)};
}

/* Of a slice those.  Of what several ranks hold in common, one writes and all read. */
static hl_status move_part(run *r, const file *f, const hl_tensor_array *a, const hl_param *p)
{
    const hl_span mine = mine_of(a, p);
    if (p->offset >= mine.end || p->offset + p->count <= mine.begin) return HL_OK;
    const int64_t at = place_of(f, a, p), n = hl_param_stretches(p);
    for (int64_t i = 0; i < n; i++) {
        const hl_stretch s = f->writing ? hl_param_counted_stretch(p, i, mine.begin, mine.end)
                                        : hl_param_held_stretch(p, i, mine.begin, mine.end);
        if (s.n)
            HL_TRY(add(r, f, (char *)(a->x + p->offset + s.local), s.n * sizeof *a->x,
                       at + s.global * (int64_t)sizeof *a->x));
    }
    return HL_OK;
}

/* What is mine, if I hold any. */
static hl_status move_array(const file *f, const hl_tensor_array *a)
{
    run r = {0};
    if (!hl_group_has_me(a->holders)) return HL_OK;
    for (int k = 0; k < a->table->n; k++)
        if (!a->table->at[k].outside) HL_TRY(move_part(&r, f, a, &a->table->at[k]));
    return move(f, &r);
}

static hl_status move_arrays(const file *f, const hl_tensor_array *arrays, int n)
{
    for (int i = 0; i < n; i++) HL_TRY(move_array(f, &arrays[i]));
    return HL_OK;
}

/* ---- writing ---- */

static hl_status flush(const file *f)
{
    hl_act_long();
    const bool fails = hl_fault("checkpoint-flush", f->world->rank) || fsync(f->fd) != 0;
    hl_act_long_is_over();
    return fails ? trouble(f, "flush") : HL_OK;
}

/* At the most: HDF5 takes a third of the headers. */
static int64_t bytes_at_most(const file *f)
{
    enum { HEADER = 1 << 16, DATASET_HEADER = 1 << 12 };
    int64_t bytes = HEADER;
    for (int i = 0; i < f->entries; i++)
        bytes += DATASET_HEADER + hl_tensor_numbers(&f->entry[i].tensor) * (int64_t)sizeof(float);
    return bytes;
}

static hl_status bring(const file *f, const hl_h5_frame *frame)
{
    HL_TRY(hl_positioned_reserve(f->fd, f->path, frame->size));
    HL_TRY(hl_tensor_index_write(frame, f->fd, f->path, f->entry, f->entries));
    return flush(f);
}

/* Rank 0: all of the file but the numbers.  A limit on the size of files holds in memory too, so the disk is asked
 * first. */
static hl_status make(file *f)
{
    hl_h5_frame image = {0};
    HL_TRY(open_file(f, O_WRONLY | O_CREAT | O_TRUNC));
    hl_status s = hl_positioned_reserve(f->fd, f->path, bytes_at_most(f));
    if (s == HL_OK) s = hl_tensor_index_make(f->entry, f->entries, &image);
    if (s == HL_OK) s = bring(f, &image);
    hl_h5_frame_free(&image);
    return close_file(f, s);
}

/* Each rank: its numbers, to the disk. */
static hl_status write_mine(file *f, const hl_tensor_array *arrays, int n)
{
    HL_TRY(open_file(f, O_WRONLY));
    hl_positioned_keep_apart(f->fd, f->world->rank);
    hl_status s = move_arrays(f, arrays, n);
    if (s == HL_OK) s = flush(f);
    return close_file(f, s);
}

static hl_status write_all(file *f, const hl_tensor_array *arrays, int n)
{
    HL_TRY_ALL(f->world, hl_place_sign(f->world->rank == 0 ? make(f) : HL_OK, f->world->rank));
    share_places(f);
    HL_TRY_ALL(f->world, hl_place_sign(write_mine(f, arrays, n), f->world->rank));
    return HL_OK;
}

hl_status hl_tensors_write(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n)
{
    file f = file_of(world, path, true, arrays, n);
    hl_status s = write_all(&f, arrays, n);
    free(f.entry);
    return s;
}

/* ---- reading ---- */

static hl_status read_mine(file *f, const hl_tensor_array *arrays, int n)
{
    HL_TRY(open_file(f, O_RDONLY));
    return close_file(f, move_arrays(f, arrays, n));
}

static hl_status read_all(file *f, const hl_tensor_array *arrays, int n)
{
    const bool is_first = f->world->rank == 0;
    HL_TRY_ALL(f->world,
               hl_place_sign(is_first ? hl_tensor_index_find(f->entry, f->entries, f->path) : HL_OK, f->world->rank));
    share_places(f);
    HL_TRY_ALL(f->world, hl_place_sign(read_mine(f, arrays, n), f->world->rank));
    return HL_OK;
}

/* Tensors k and on that lie side by side and are in the file: the first number behind them; *k is behind them, too. */
static size_t end_of_run(int *k, const hl_params *t)
{
    size_t end = 0;
    for (; *k < t->n && !t->at[*k].outside; ++*k) end = t->at[*k].offset + t->at[*k].count;
    return end;
}

/* Each holder has read what its block has of [from, to). */
static void gather_run(const hl_tensor_array *a, size_t from, size_t to)
{
    for (int r = 0; r < a->holders->size; r++) {
        const size_t begin = hl_max(hl_params_block_begin(a->table, a->holders->size, r), from),
                     end = hl_min(hl_params_block_begin(a->table, a->holders->size, r + 1), to);
        if (begin < end) hl_group_broadcast(a->holders, a->x + begin, (end - begin) * sizeof *a->x, r);
    }
}

/* Everyone gets the others' blocks, where arrays are whole. */
static void gather(const hl_tensor_array *a)
{
    if (!hl_group_has_me(a->holders) || a->shards) return;
    for (int k = 0; k < a->table->n; k++) {
        if (a->table->at[k].outside) continue;
        const size_t from = a->table->at[k].offset;
        gather_run(a, from, end_of_run(&k, a->table));
    }
}

hl_status hl_tensors_read(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n)
{
    file f = file_of(world, path, false, arrays, n);
    hl_status s = read_all(&f, arrays, n);
    free(f.entry);
    for (int i = 0; i < n && s == HL_OK; i++) gather(&arrays[i]);
    return s;
}
