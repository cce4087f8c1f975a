/* source.c - an input file read once from front to back, and digested on the way. */
#include "io/files/source.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/digest.h"
#include "io/files/reads.h"
#include "io/files/regular.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t nanoseconds_of(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

hl_status hl_source_open(hl_source *s, const char *path)
{
    struct stat st;
    *s = (hl_source){.path = path, .fd = -1};
    if (access(path, R_OK) != 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
        return HL_FAIL(HL_EFORMAT, "%s: cannot be read: %s; give the path of a file that is there", path,
                       strerror(errno));
    HL_TRY(hl_regular_open(&s->fd, &st, path, HL_EFORMAT, "it is read more than once, so give a file"));
    s->size = st.st_size;
    s->mtime = nanoseconds_of(&st);
    posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return HL_OK;
}

void hl_source_close(hl_source *s)
{
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
}

hl_status hl_source_read(hl_source *s, char *block, size_t *n)
{
    *n = 0;
    while (*n < HL_SOURCE_BLOCK) {
        ssize_t got = read(s->fd, block + *n, HL_SOURCE_BLOCK - *n);
        if (got == 0) break;
        if (got > 0) *n += (size_t)got;
        else if (errno != EINTR)
            return HL_FAIL(HL_ESTORE, "%s: reading fails: %s; look after the disk", s->path, strerror(errno));
    }
    hl_act_tick();
    if (*n) s->digest = hl_digest_join(s->digest, hl_digest(block, *n));
    hl_reads_took(*n);
    s->at += (int64_t)*n;
    return HL_OK;
}

static bool is_unchanged(const hl_source *s)
{
    struct stat st;
    return fstat(s->fd, &st) == 0 && st.st_size == s->size && nanoseconds_of(&st) == s->mtime && s->at == s->size;
}

hl_status hl_source_finish(hl_source *s)
{
    char *block = hl_alloc(HL_SOURCE_BLOCK);
    hl_status status;
    size_t n;
    do status = hl_source_read(s, block, &n);
    while (status == HL_OK && n == HL_SOURCE_BLOCK);
    free(block);
    if (status == HL_OK && !is_unchanged(s))
        status = HL_FAIL(HL_EFORMAT, "%s: changed while it was read; start again when it is complete", s->path);
    return status;
}
