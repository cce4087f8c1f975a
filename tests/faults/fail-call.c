/* fail-call.c - preload: one call on a file fails, does half, or is the last of its process.
 *
 * HLLM_CALL_UNDER   calls on files below this path count, from 1 on
 * HLLM_CALL_RANK    of this rank alone; without it of rank 0, and of a process that no launcher has numbered
 * HLLM_CALL_AT      the call that fails; 0: none
 * HLLM_CALL_DO      kill, short, or the name of an error: eio enospc edquot estale eintr
 * HLLM_CALL_COUNT   a file that gets a line at the end of the process: how many calls there were
 *
 * What libraries do inside (fopen, mmap) is not seen. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOES_ON, FAILS, HALF };

static struct {
    const char *under, *act, *count;
    long at;
    bool counts;
} want;
static long calls;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static const char *value(const char *name, const char *otherwise)
{
    const char *text = getenv(name);
    return text ? text : otherwise;
}

static void read_wishes(void)
{
    const char *rank = value("OMPI_COMM_WORLD_RANK", value("PMI_RANK", "0"));
    want.under = getenv("HLLM_CALL_UNDER");
    want.act = value("HLLM_CALL_DO", "eio");
    want.count = getenv("HLLM_CALL_COUNT");
    want.at = atol(value("HLLM_CALL_AT", "0"));
    want.counts = want.under && strcmp(rank, value("HLLM_CALL_RANK", "0")) == 0;
}

static int number_of(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {{"eio", EIO}, {"enospc", ENOSPC}, {"edquot", EDQUOT}, {"estale", ESTALE}, {"eintr", EINTR}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i].name, name) == 0) return errors[i].number;
    return EIO;
}

static bool is_now(void)
{
    pthread_mutex_lock(&turn);
    const bool now = ++calls == want.at;
    pthread_mutex_unlock(&turn);
    return now;
}

static int what_of(const char *path)
{
    pthread_once(&once, read_wishes);
    if (!want.counts || !path || strncmp(path, want.under, strlen(want.under)) != 0 || !is_now()) return GOES_ON;
    if (strcmp(want.act, "kill") == 0) raise(SIGKILL);
    if (strcmp(want.act, "short") == 0) return HALF;
    errno = number_of(want.act);
    return FAILS;
}

static int what_of_descriptor(int fd)
{
    char link[40], path[PATH_MAX];
    pthread_once(&once, read_wishes);
    if (!want.counts) return GOES_ON;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return GOES_ON;
    path[n] = 0;
    return what_of(path);
}

__attribute__((destructor)) static void tell(void)
{
    char line[30];
    if (!want.counts || !want.count) return;
    const int fd = open(want.count, O_WRONLY | O_CREAT | O_APPEND, 0666),
              n = snprintf(line, sizeof line, "%ld\n", calls);
    if (fd >= 0 && write(fd, line, (size_t)n) == n) close(fd);
}

/* The function of this name that is behind ours. */
#define BEHIND(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Calls that move n bytes. */
#define MOVES(name, params, whole, half)             \
    ssize_t name params                              \
    {                                                \
        BEHIND(name);                                \
        const int what = what_of_descriptor(fd);     \
        if (what == FAILS) return -1;                \
        if (what == HALF && n > 1) return real half; \
        return real whole;                           \
    }
MOVES(write, (int fd, const void *at, size_t n), (fd, at, n), (fd, at, n / 2))
MOVES(pwrite, (int fd, const void *at, size_t n, off_t to), (fd, at, n, to), (fd, at, n / 2, to))
MOVES(pwrite64, (int fd, const void *at, size_t n, off64_t to), (fd, at, n, to), (fd, at, n / 2, to))
MOVES(read, (int fd, void *at, size_t n), (fd, at, n), (fd, at, n / 2))
MOVES(pread, (int fd, void *at, size_t n, off_t from), (fd, at, n, from), (fd, at, n / 2, from))
MOVES(pread64, (int fd, void *at, size_t n, off64_t from), (fd, at, n, from), (fd, at, n / 2, from))

/* Calls that have no half; fsync and ftruncate know no EINTR of their own, and get it all the same. */
#define ACTS(name, params, args, what)           \
    int name params                              \
    {                                            \
        BEHIND(name);                            \
        return (what) == FAILS ? -1 : real args; \
    }
ACTS(fsync, (int fd), (fd), what_of_descriptor(fd))
ACTS(fdatasync, (int fd), (fd), what_of_descriptor(fd))
ACTS(ftruncate, (int fd, off_t n), (fd, n), what_of_descriptor(fd))
ACTS(ftruncate64, (int fd, off64_t n), (fd, n), what_of_descriptor(fd))
ACTS(fallocate, (int fd, int mode, off_t from, off_t n), (fd, mode, from, n), what_of_descriptor(fd))
ACTS(fallocate64, (int fd, int mode, off64_t from, off64_t n), (fd, mode, from, n), what_of_descriptor(fd))
ACTS(rename, (const char *from, const char *to), (from, to), what_of(to))
ACTS(mkdir, (const char *path, mode_t mode), (path, mode), what_of(path))
ACTS(rmdir, (const char *path), (path), what_of(path))
ACTS(unlink, (const char *path), (path), what_of(path))
ACTS(remove, (const char *path), (path), what_of(path))

/* A file that is closed is closed, also where the disk says then what it has failed to write. */
int close(int fd)
{
    BEHIND(close);
    const int what = what_of_descriptor(fd), error = errno, closed = real(fd);
    if (what != FAILS || strcmp(want.act, "eintr") == 0) return closed;
    errno = error;
    return -1;
}

#define OPENS(name)                                                     \
    int name(const char *path, int how, ...)                            \
    {                                                                   \
        BEHIND(name);                                                   \
        mode_t mode = 0;                                                \
        va_list more;                                                   \
        va_start(more, how);                                            \
        if (how & (O_CREAT | __O_TMPFILE)) mode = va_arg(more, mode_t); \
        va_end(more);                                                   \
        return what_of(path) == FAILS ? -1 : real(path, how, mode);     \
    }
OPENS(open)
OPENS(open64)
