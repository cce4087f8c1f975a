/* regular.c - open and read files that must be plain ones, without ever waiting for them. */
#include "io/files/regular.h"
#include "base/arena.h"
#include "io/files/reads.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    mode_t type;
    const char *what;
} kinds[] = {
    {S_IFDIR, "a folder"}, {S_IFIFO, "a pipe"}, {S_IFCHR, "a device"}, {S_IFBLK, "a device"}, {S_IFSOCK, "a socket"}};

static const char *what_is(const struct stat *st)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((st->st_mode & S_IFMT) == kinds[i].type) return kinds[i].what;
    return "something else";
}

/* A file that somebody has a lease on, or that comes from tape, is worth waiting for. */
static int open_now(const char *path)
{
    int fd;
    do fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno == EWOULDBLOCK && hl_regular_is(path)) return open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) fcntl(fd, F_SETFL, 0);
    return fd;
}

/* Errors at which another name is no remedy: the disk, its server or the machine fails. */
static bool is_elsewhere(int error)
{
    static const int errors[] = {EIO, ESTALE, ETIMEDOUT, EMFILE, ENFILE, ENOMEM};
    bool is = false;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) is = is || errors[i] == error;
    return is;
}

static hl_status fail_to_open(const char *path, int error, hl_status failure, const char *next)
{
    if (is_elsewhere(error)) return hl_remedy_fail(path, "be opened", error);
    return HL_FAIL(failure, "%s: cannot be opened: %s; %s", path, strerror(error), next);
}

hl_status hl_regular_open(int *fd, struct stat *st, const char *path, hl_status failure, const char *next)
{
    struct stat is;
    *fd = open_now(path);
    if (*fd < 0) return fail_to_open(path, errno, failure, next);
    const bool is_known = fstat(*fd, &is) == 0;
    const int error = errno;
    hl_reads_opened();
    if (st && is_known) *st = is;
    if (is_known && S_ISREG(is.st_mode)) return HL_OK;
    close(*fd);
    *fd = -1;
    if (!is_known) return fail_to_open(path, error, failure, next);
    return HL_FAIL(failure, "%s: is %s, not a file; %s", path, what_is(&is), next);
}

hl_status hl_regular_stream(FILE **in, const char *path, hl_status failure, const char *next)
{
    int fd;
    struct stat st;
    *in = NULL;
    HL_TRY(hl_regular_open(&fd, &st, path, failure, next));
    hl_reads_took((size_t)st.st_size);
    *in = fdopen(fd, "r");
    if (*in) return HL_OK;
    const int error = errno;
    close(fd);
    return fail_to_open(path, error, failure, next);
}

bool hl_regular_is(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static hl_status read_all(int fd, const char *path, char *at, size_t n)
{
    while (n > 0) {
        ssize_t done = read(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return hl_remedy_fail(path, "read", errno);
        if (done == 0) return HL_FAIL(HL_ESTORE, "%s: ended while it was read; see who else writes it", path);
        hl_reads_took((size_t)done);
        at += done;
        n -= (size_t)done;
    }
    return HL_OK;
}

hl_status hl_regular_read(const char *path, size_t most, char **bytes, size_t *n)
{
    *bytes = NULL;
    *n = 0;
    struct stat st;
    int fd;
    hl_status s = HL_OK;
    if (access(path, F_OK) != 0) return hl_remedy_fail(path, "open", errno);
    HL_TRY(hl_regular_open(&fd, &st, path, HL_EFORMAT, "name another"));
    if ((uint64_t)st.st_size > most)
        s = HL_FAIL(HL_EFORMAT, "%s: %lld bytes are more than the %zu that such a file may have; name another", path,
                    (long long)st.st_size, most);
    else {
        *bytes = hl_alloc((size_t)st.st_size + 1);
        s = read_all(fd, path, *bytes, (size_t)st.st_size);
        (*bytes)[st.st_size] = 0;
        *n = (size_t)st.st_size;
    }
    close(fd);
    if (s == HL_OK) return s;
    free(*bytes);
    *bytes = NULL;
    return s;
}
