/* relay-connect.c - the ranks of a machine find each other, to pass descriptors on.
 *
 * Rank 0 listens by an abstract name, which vanishes with it, and tells it the others; they connect, and when all have,
 * it accepts them. */
#include "io/files/relay.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A name that no other relay has: the first byte, 0, makes it abstract. */
static void name(struct sockaddr_un *at)
{
    const double now = hl_seconds();
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(at->sun_path + 1, sizeof at->sun_path - 1, "hllm-relay-%ld-%016llx", (long)getpid(),
             (unsigned long long)hl_digest(&now, sizeof now));
}

/* -1 where there are no sockets. */
static int listen_at(const struct sockaddr_un *at, int others)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)at, sizeof *at) == 0 && listen(fd, others) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* A full queue is a failure, not a wait. */
static int connect_to(const struct sockaddr_un *at)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 && fcntl(fd, F_SETFL, 0) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static bool is_ours(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.uid == geteuid();
}

/* All have connected: nobody is waited for. */
static void accept_all(hl_relay *r, int fd, int others)
{
    r->to = hl_alloc((size_t)others * sizeof *r->to);
    while (r->n < others) {
        const int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (one < 0 && errno == EINTR) continue;
        if (one < 0) break;
        if (is_ours(one)) r->to[r->n++] = one;
        else close(one);
    }
}

void hl_relay_open(hl_relay *r, const hl_group *node)
{
    struct sockaddr_un at;
    int fd = -1;
    *r = (hl_relay){.from = -1};
    if (node->size == 1) return;
    name(&at);
    if (node->rank == 0) fd = listen_at(&at, node->size - 1);
    hl_group_broadcast(node, &at, sizeof at, 0);
    hl_group_barrier(node);
    if (node->rank > 0) fd = connect_to(&at);
    const bool is_apart = hl_group_any(node, fd < 0);
    if (node->rank == 0 && !is_apart) accept_all(r, fd, node->size - 1);
    r->gets = node->rank > 0 && !is_apart;
    if (r->gets) r->from = fd;
    else if (fd >= 0) close(fd);
}
