/* positioned.c - bytes at a place of an open file: all of them, or a sentence. */
#include "io/files/positioned.h"
#include "base/acts.h"
#include "base/fault.h"
#include "base/minmax.h"
#include "io/files/reads.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const size_t MOST =
    (size_t)1 << 26; /* bytes asked for at once, so that whoever watches sees that a slow disk moves */

/* Of a long run; a sign of life. */
static size_t piece(size_t n)
{
    hl_act_tick();
    return hl_min(n, MOST);
}

/* One call of the system; a wished-for fault makes it fail, or move about half. */
static ssize_t take(int fd, void *out, size_t n, int64_t at)
{
    const int fault = hl_fault_errno("checkpoint-read", HL_FAULT_ME);
    if (fault <= 0) return pread(fd, out, fault ? n - n / 2 : n, (off_t)at);
    errno = fault;
    return -1;
}

static ssize_t give(int fd, const void *bytes, size_t n, int64_t at)
{
    const int fault = hl_fault_errno("checkpoint-write", HL_FAULT_ME);
    if (fault <= 0) return pwrite(fd, bytes, fault ? n - n / 2 : n, (off_t)at);
    errno = fault;
    return -1;
}

static hl_status trouble(const char *path, const char *act, int64_t at)
{
    char what[60];
    const int error = errno;
    snprintf(what, sizeof what, "%s at byte %lld", act, (long long)at);
    return hl_remedy_fail(path, what, error);
}

hl_status hl_positioned_read(int fd, const char *path, void *out, size_t n, int64_t at)
{
    for (char *to = out; n > 0;) {
        const ssize_t done = take(fd, to, piece(n), at);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return trouble(path, "read", at);
        if (done == 0) return HL_FAIL(HL_ESTORE, "%s: ends at byte %lld; it was cut off", path, (long long)at);
        hl_reads_took((size_t)done);
        to += done;
        at += done;
        n -= (size_t)done;
    }
    return HL_OK;
}

hl_status hl_positioned_write(int fd, const char *path, const void *bytes, size_t n, int64_t at)
{
    for (const char *from = bytes; n > 0;) {
        const ssize_t done = give(fd, from, piece(n), at);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return trouble(path, "write", at);
        if (done == 0)
            return HL_FAIL(HL_ESTORE, "%s: the disk takes nothing at byte %lld; see what it says", path, (long long)at);
        from += done;
        at += done;
        n -= (size_t)done;
    }
    return HL_OK;
}

hl_status hl_positioned_reserve(int fd, const char *path, int64_t bytes)
{
    char act[60];
    int failed;
    snprintf(act, sizeof act, "find room for %.1f MB", (double)bytes / 1e6);
    while ((failed = fallocate(fd, 0, 0, (off_t)bytes)) != 0 && errno == EINTR) continue;
    if (failed && errno != EOPNOTSUPP && errno != ENOSYS) return hl_remedy_fail(path, act, errno);
    return ftruncate(fd, (off_t)bytes) == 0 ? HL_OK : hl_remedy_fail(path, act, errno);
}

void hl_positioned_keep_apart(int fd, int rank)
{
    struct flock mine = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)((int64_t)1 << 60) + rank, .l_len = 1};
    (void)!fcntl(fd, F_SETLK, &mine);
}
