/* atomic.c - files and folders that are there whole or not at all, even after a power cut. */
#include "io/files/atomic.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/minmax.h"
#include "base/path.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static hl_status trouble(const char *path, const char *act) { return hl_remedy_fail(path, act, errno); }

int hl_atomic_flush(int fd)
{
    hl_act_long();
    const int failed = fsync(fd);
    hl_act_long_is_over();
    return failed;
}

/* Signs of life between pieces. */
static const size_t PIECE = (size_t)1 << 26;

static hl_status write_all(int fd, const char *path, const char *at, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, at, hl_min(n, PIECE));
        hl_act_tick();
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return trouble(path, "write");
        at += done;
        n -= (size_t)done;
    }
    return hl_atomic_flush(fd) == 0 ? HL_OK : trouble(path, "flush");
}

static hl_status write_new(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0) return trouble(path, "create");
    hl_status s = write_all(fd, path, bytes, n);
    if (close(fd) != 0 && s == HL_OK) s = trouble(path, "close");
    return s;
}

hl_status hl_atomic_write(const char *path, const void *bytes, size_t n)
{
    char other[PATH_MAX];
    hl_path(other, "%s.new", path);
    hl_status s = write_new(other, bytes, n);
    if (s == HL_OK) s = hl_atomic_move(other, path);
    if (s != HL_OK) unlink(other);
    return s;
}

hl_status hl_atomic_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return trouble(path, "open");
    hl_status s = hl_atomic_flush(fd) == 0 ? HL_OK : trouble(path, "flush");
    close(fd);
    return s;
}

hl_status hl_atomic_move(const char *from, const char *to)
{
    char folder[PATH_MAX];
    if (rename(from, to) != 0) return trouble(to, "move a finished file to this name");
    hl_folder_above(folder, to);
    return hl_atomic_sync(folder);
}
