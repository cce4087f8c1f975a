/* atomic.c - files and folders that are there whole or not at all, even after a power cut. */
#include "io/atomic.h"
#include "base/acts.h"
#include "base/arena.h"
#include "io/regular.h"
#include "io/remedy.h"
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

static hl_status trouble(const char *path, const char *act) { return hl_file_fail(path, act, errno); }

int hl_flush(int fd)
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
        ssize_t done = write(fd, at, n < PIECE ? n : PIECE);
        hl_act_tick();
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return trouble(path, "write");
        at += done;
        n -= (size_t)done;
    }
    return hl_flush(fd) == 0 ? HL_OK : trouble(path, "flush");
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
    HL_CHECK(snprintf(other, sizeof other, "%s.new", path) < (int)sizeof other);
    hl_status s = write_new(other, bytes, n);
    if (s == HL_OK) s = hl_atomic_move(other, path);
    if (s != HL_OK) unlink(other);
    return s;
}

hl_status hl_atomic_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return trouble(path, "open");
    hl_status s = hl_flush(fd) == 0 ? HL_OK : trouble(path, "flush");
    close(fd);
    return s;
}

/* "a/b" is in "a", "/b" in "/", "b" in ".". */
static void folder_of(char out[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) snprintf(out, PATH_MAX, ".");
    else snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

hl_status hl_atomic_move(const char *from, const char *to)
{
    char folder[PATH_MAX];
    if (rename(from, to) != 0) return trouble(to, "move a finished file to this name");
    folder_of(folder, to);
    return hl_atomic_sync(folder);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

hl_status hl_folder_remove(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) return HL_OK;
    return trouble(path, "remove");
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

hl_status hl_folder_make(const char *path)
{
    char above[PATH_MAX];
    if (is_folder(path)) return HL_OK;
    folder_of(above, path);
    if (strcmp(above, path) != 0 && !is_folder(above)) HL_TRY(hl_folder_make(above));
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && is_folder(path))) return HL_OK;
    return trouble(path, "make this folder");
}

static hl_status read_all(int fd, const char *path, char *at, size_t n)
{
    while (n > 0) {
        ssize_t done = read(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return trouble(path, "read");
        if (done == 0) return HL_FAIL(HL_ESTORE, "%s: ended while it was read; see who else writes it", path);
        at += done;
        n -= (size_t)done;
    }
    return HL_OK;
}

hl_status hl_file_read(const char *path, size_t most, char **bytes, size_t *n)
{
    *bytes = NULL;
    *n = 0;
    struct stat st;
    int fd;
    hl_status s = HL_OK;
    if (access(path, F_OK) != 0) return trouble(path, "open");
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
