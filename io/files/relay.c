/* relay.c - a file is opened by one rank of a machine, and the others get its descriptor.
 *
 * Each file is one message to each: a byte that says whether there is a descriptor, and that.  The kernel keeps a
 * descriptor that is on its way, so rank 0 does not wait for who reads it late. */
#include "io/files/relay.h"
#include "io/files/regular.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void hl_relay_close(hl_relay *r)
{
    for (int i = 0; i < r->n; i++) close(r->to[i]);
    if (r->gets) close(r->from);
    free(r->to);
    *r = (hl_relay){.from = -1};
}

/* Room for one descriptor, aligned as the system wants it. */
typedef union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
} room;

/* The system keeps no more descriptors on their way for a user than a process may have open: those that have come make
 * room. */
static bool deliver(int to, const struct msghdr *m)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int tries = 0; tries < 10000; tries++) {
        if (sendmsg(to, m, MSG_NOSIGNAL) >= 0) return true;
        if (errno == ETOOMANYREFS) nanosleep(&pause, NULL);
        else if (errno != EINTR) return false;
    }
    return false;
}

/* fd < 0: there is none.  False where nothing arrives. */
static bool send_to(int to, int fd)
{
    char has = fd >= 0;
    room ancillary = {{0}};
    struct iovec byte = {&has, 1};
    struct msghdr m = {.msg_iov = &byte, .msg_iovlen = 1};
    if (has) {
        m.msg_control = ancillary.bytes;
        m.msg_controllen = sizeof ancillary.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    return deliver(to, &m);
}

/* The next descriptor; -1 where there is none. */
static int receive(int from)
{
    char has = 0;
    int fd = -1;
    room ancillary = {{0}};
    struct iovec byte = {&has, 1};
    struct msghdr m = {
        .msg_iov = &byte, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    ssize_t n;
    while ((n = recvmsg(from, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) continue;
    const struct cmsghdr *c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* It opens for itself from now on. */
static void drop(hl_relay *r, int i)
{
    close(r->to[i]);
    r->to[i] = r->to[--r->n];
}

hl_status hl_relay_file(hl_relay *r, int *fd, struct stat *st, const char *path, hl_status failure, const char *next)
{
    *fd = r && r->gets ? receive(r->from) : -1;
    if (*fd >= 0 && fstat(*fd, st) == 0) return HL_OK;
    if (*fd >= 0) close(*fd);
    const hl_status s = hl_regular_open(fd, st, path, failure, next);
    for (int i = 0; r && i < r->n; i++)
        if (!send_to(r->to[i], *fd)) drop(r, i--);
    return s;
}
