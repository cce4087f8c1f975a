/* in-turns.c - rows from each to each, in turns: at turn k everyone sends to the k-th rank after it.
 *
 * In the place of hl_group_all_to_all.  This is Open MPI's pairwise algorithm, without the messages that have no rows.
 * Of SMPI's own ones those in turns send p messages from each of p ranks though a few have rows, and the others send
 * all at once, which takes a simulation minutes where this takes seconds.  Rows go as bytes: SMPI would copy those of a
 * type of their own. */
#include "mpi/comm/group.h"
#include <string.h>

enum { TAG = 97 };

void __wrap_hl_group_all_to_all(const hl_group *g, void *in, const int *in_count, const int *in_begin, const void *out,
                                const int *out_count, const int *out_begin, size_t row_bytes);

void __wrap_hl_group_all_to_all(const hl_group *g, void *in, const int *in_count, const int *in_begin, const void *out,
                                const int *out_count, const int *out_begin, size_t row_bytes)
{
    const int ranks = g->size, me = g->rank, bytes = (int)row_bytes;
    const char *from = out;
    char *to = in;
    hl_group_enter(g, HL_WAITS_ALL_TO_ALL);
    memcpy(to + (size_t)in_begin[me] * row_bytes, from + (size_t)out_begin[me] * row_bytes,
           (size_t)out_count[me] * row_bytes);
    for (int k = 1; k < ranks; k++) {
        const int next = (me + k) % ranks, before = (me - k + ranks) % ranks;
        MPI_Request request[2];
        int n = 0;
        if (in_count[before])
            MPI_Irecv(to + (size_t)in_begin[before] * row_bytes, in_count[before] * bytes, MPI_BYTE, before, TAG,
                      g->comm, &request[n++]);
        if (out_count[next])
            MPI_Isend(from + (size_t)out_begin[next] * row_bytes, out_count[next] * bytes, MPI_BYTE, next, TAG, g->comm,
                      &request[n++]);
        if (n) MPI_Waitall(n, request, MPI_STATUSES_IGNORE);
        if (out_count[next]) hl_group_count(g, (size_t)out_count[next] * row_bytes, 1);
    }
    hl_group_leave();
}
