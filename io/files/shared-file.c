/* shared-file.c - a text file that all ranks write together, whole or not at all. */
#include "io/files/shared-file.h"
#include "base/arena.h"
#include "base/minmax.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/positioned.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

struct hl_shared_file {
    const hl_group *g;
    char path[PATH_MAX], whole[PATH_MAX], mine[PATH_MAX]; /* NAME, NAME.new, NAME.new.RANK */
    int fd;                                               /* of mine */
    int sections, section;
    int64_t *size; /* (sections) my bytes of each */
    int64_t written;
    char *buffer; /* n bytes that are not yet written */
    size_t n;
    bool has_mine, has_whole; /* there are such files to remove */
};

static hl_status open_new(int *fd, const char *path)
{
    *fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    return *fd < 0 ? hl_remedy_fail(path, "create", errno) : HL_OK;
}

static hl_status begin(hl_shared_file *f)
{
    HL_TRY(open_new(&f->fd, f->mine));
    f->has_mine = true;
    return HL_OK;
}

hl_status hl_shared_file_open(hl_shared_file **out, const hl_group *g, const char *path, int sections)
{
    hl_shared_file *f = *out = hl_alloc_zero(1, sizeof *f);
    f->g = g;
    f->fd = -1;
    f->sections = sections;
    f->size = hl_alloc_zero((size_t)sections, sizeof *f->size);
    f->buffer = hl_alloc(BUFFER);
    hl_path(f->path, "%s", path);
    hl_path(f->whole, "%s.new", path);
    if (g->size > 1) hl_path(f->mine, "%s.new.%d", path, g->rank);
    else hl_path(f->mine, "%s", f->whole);
    HL_TRY_ALL(g, begin(f));
    return HL_OK;
}

static hl_status flush(hl_shared_file *f)
{
    HL_TRY(hl_positioned_write(f->fd, f->mine, f->buffer, f->n, f->written));
    f->written += (int64_t)f->n;
    f->n = 0;
    hl_act_tick();
    return HL_OK;
}

hl_status hl_shared_file_add(hl_shared_file *f, const void *bytes, size_t n)
{
    const char *at = bytes;
    f->size[f->section] += (int64_t)n;
    while (n > 0) {
        const size_t part = hl_min(n, BUFFER - f->n);
        memcpy(f->buffer + f->n, at, part);
        f->n += part, at += part, n -= part;
        if (f->n == BUFFER) HL_TRY(flush(f));
    }
    return HL_OK;
}

void hl_shared_file_next(hl_shared_file *f)
{
    HL_CHECK(f->section + 1 < f->sections);
    f->section++;
}

/* place (sections): where my bytes of each section begin in the file; returns how many bytes it has.  Collective. */
static int64_t lay_out(const hl_shared_file *f, int64_t *place)
{
    const int p = f->g->size;
    int64_t *size = hl_alloc_zero((size_t)f->sections * (size_t)p, sizeof *size), at = 0;
    for (int s = 0; s < f->sections; s++) size[(size_t)s * (size_t)p + (size_t)f->g->rank] = f->size[s];
    hl_group_all_reduce_int(f->g, size, (size_t)f->sections * (size_t)p);
    for (int i = 0; i < f->sections * p; i++) {
        if (i % p == f->g->rank) place[i / p] = at;
        at += size[i];
    }
    free(size);
    return at;
}

static hl_status copy(hl_shared_file *f, int to, int64_t from, int64_t n, int64_t place)
{
    while (n > 0) {
        const size_t part = (size_t)hl_min(n, (int64_t)BUFFER);
        HL_TRY(hl_positioned_read(f->fd, f->mine, f->buffer, part, from));
        HL_TRY(hl_positioned_write(to, f->whole, f->buffer, part, place));
        from += (int64_t)part, place += (int64_t)part, n -= (int64_t)part;
        hl_act_tick();
    }
    return HL_OK;
}

static hl_status copy_mine(hl_shared_file *f, const int64_t *place)
{
    const int to = open(f->whole, O_WRONLY | O_CLOEXEC);
    if (to < 0) return hl_remedy_fail(f->whole, "open (do all ranks see this folder?)", errno);
    hl_status s = HL_OK;
    int64_t from = 0;
    for (int i = 0; i < f->sections && s == HL_OK; from += f->size[i++]) s = copy(f, to, from, f->size[i], place[i]);
    if (s == HL_OK && hl_atomic_flush(to) != 0) s = hl_remedy_fail(f->whole, "flush", errno);
    close(to);
    return s;
}

static hl_status make_whole(hl_shared_file *f, int64_t size)
{
    int fd;
    HL_TRY(open_new(&fd, f->whole));
    f->has_whole = true;
    hl_status s = ftruncate(fd, size) == 0 ? HL_OK : hl_remedy_fail(f->whole, "be made as long as it will be", errno);
    close(fd);
    return s;
}

/* Rank 0 makes the file, all write into it. */
static hl_status join(hl_shared_file *f)
{
    int64_t *place = hl_alloc((size_t)f->sections * sizeof *place);
    const int64_t size = lay_out(f, place);
    hl_status s = hl_group_agree(f->g, f->g->rank == 0 ? make_whole(f, size) : HL_OK);
    if (s == HL_OK) s = hl_group_agree(f->g, copy_mine(f, place));
    free(place);
    return s;
}

static hl_status finish_alone(hl_shared_file *f)
{
    f->has_whole = true, f->has_mine = false;
    return hl_atomic_flush(f->fd) == 0 ? HL_OK : hl_remedy_fail(f->mine, "flush", errno);
}

static hl_status move(hl_shared_file *f)
{
    HL_TRY(hl_atomic_move(f->whole, f->path));
    f->has_whole = false;
    return HL_OK;
}

hl_status hl_shared_file_place(hl_shared_file *f)
{
    HL_TRY_ALL(f->g, flush(f));
    HL_TRY(f->g->size > 1 ? join(f) : finish_alone(f));
    HL_TRY_ALL(f->g, f->g->rank == 0 ? move(f) : HL_OK);
    return HL_OK;
}

void hl_shared_file_close(hl_shared_file *f)
{
    if (!f) return;
    if (f->fd >= 0) close(f->fd);
    if (f->has_mine) unlink(f->mine);
    if (f->has_whole) unlink(f->whole);
    free(f->buffer);
    free(f->size);
    free(f);
}
