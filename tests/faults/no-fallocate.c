/* no-fallocate.c - preload: a file system that cannot reserve room, as NFS 3. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>

static int refuse(void)
{
    errno = EOPNOTSUPP;
    return -1;
}

int fallocate(int fd, int mode, off_t from, off_t n) { return (void)fd, (void)mode, (void)from, (void)n, refuse(); }
int fallocate64(int fd, int mode, off64_t from, off64_t n)
{
    return (void)fd, (void)mode, (void)from, (void)n, refuse();
}
int posix_fallocate(int fd, off_t from, off_t n) { return (void)fd, (void)from, (void)n, EOPNOTSUPP; }
int posix_fallocate64(int fd, off64_t from, off64_t n) { return (void)fd, (void)from, (void)n, EOPNOTSUPP; }
