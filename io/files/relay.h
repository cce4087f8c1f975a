/* relay.h - a file is opened by one rank of a machine, and the others get its descriptor.
 *
 * The servers of a parallel file system see one open a machine, however many ranks it has; who maps the file by such a
 * descriptor shares its pages with the others.  Descriptors travel over sockets between the processes (unix(7),
 * SCM_RIGHTS), to processes of the same user alone, and nobody waits for an answer: where a rank leaves early, or none
 * can be reached, each rank opens the file by itself. */
#ifndef IO_FILES_RELAY_H
#define IO_FILES_RELAY_H
#include "mpi/comm/group.h"
#include <sys/stat.h>

/* Start from {0}: then each rank opens for itself. */
typedef struct {
    int *to; /* (n) sockets to the others, on the rank that opens */
    int n;
    int from; /* the socket of one that gets, while `gets` */
    bool gets;
} hl_relay;

/* Connect the ranks of `node`, which are on one machine and see the same files by the paths that they will ask for.
 * Collective.  Close it before the ranks next agree on anything: a rank that has left early is missed until then. */
void hl_relay_open(hl_relay *r, const hl_group *node);
void hl_relay_close(hl_relay *r);

/* As hl_regular_open: rank 0 of the node opens, the others get its descriptor, which each closes for itself.  All ask
 * for the same files in the same order.  r NULL: by oneself. */
hl_status hl_relay_file(hl_relay *r, int *fd, struct stat *st, const char *path, hl_status failure, const char *next);

#endif
