/* calibrate-disk.c - how fast a node writes to a folder and reads from it: all its ranks at once, each a file. */
#include "app/bench/calibrate-disk.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, CHUNKS = 96, CHUNKS_QUICK = 2 };

static bool write_all(int fd, const char *chunk, int chunks)
{
    for (int i = 0; i < chunks; i++)
        for (size_t at = 0; at < CHUNK;) {
            const ssize_t n = write(fd, chunk + at, CHUNK - at);
            if (n <= 0) return false;
            at += (size_t)n;
        }
    return fsync(fd) == 0; /* what a cache has taken is not written */
}

static bool read_all(int fd, char *chunk)
{
    ssize_t n;
    while ((n = read(fd, chunk, CHUNK)) > 0) continue;
    return n == 0;
}

/* Seconds of this rank; false with errno. */
static bool write_and_read(double *wrote, double *has_read, const hl_group *ranks, const char *path, int chunks)
{
    char *chunk = hl_alloc(CHUNK);
    memset(chunk, 7, CHUNK);
    hl_group_barrier(ranks);
    const double began = hl_seconds();
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    bool is_right = fd >= 0 && write_all(fd, chunk, chunks);
    *wrote = hl_seconds() - began;
    if (is_right) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* where that is not heard, memory is measured */
    hl_group_barrier(ranks);
    const double again = hl_seconds();
    is_right = is_right && lseek(fd, 0, SEEK_SET) == 0 && read_all(fd, chunk);
    *has_read = hl_seconds() - again;
    const int why = errno;
    if (fd >= 0) close(fd), unlink(path);
    free(chunk);
    errno = why;
    return is_right;
}

static int count_nodes(const hl_group *ranks, int *here)
{
    hl_group node;
    hl_group_split_node(&node, ranks);
    double firsts = node.rank == 0;
    *here = node.size;
    hl_group_close(&node);
    hl_group_all_reduce_double(ranks, &firsts, 1);
    return (int)firsts;
}

bool hl_calibrate_disk(double *write, double *read, const hl_group *ranks, const char *folder, bool quick)
{
    char path[PATH_MAX];
    double wrote = 0, has_read = 0;
    int here;
    const int nodes = count_nodes(ranks, &here), all = quick ? CHUNKS_QUICK : CHUNKS,
              chunks = all / here > 0 ? all / here : 1;
    const bool fits = hl_path_fits(path, "%s/.hllm-disk-%d-%ld", folder, ranks->rank, (long)getpid());
    if (!fits) errno = ENAMETOOLONG;
    const bool mine = write_and_read(&wrote, &has_read, ranks, fits ? path : "", chunks);
    if (!mine) hl_log(HL_WARN, "%s: its disk is not measured: %s", folder, strerror(errno));
    const bool is_right = hl_group_max(ranks, !mine) == 0;
    const double bytes = (double)CHUNK * chunks * ranks->size / nodes;
    *write = bytes / hl_group_max(ranks, wrote);
    *read = bytes / hl_group_max(ranks, has_read);
    return is_right;
}
