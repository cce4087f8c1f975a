/* group.h - ranks that act together.
 *
 * Every function here is collective over the group it takes first, unless it says otherwise, and must be
 * called by all its ranks in the same order.  A rank that is not in a group has a group of size 0
 * (hl_group_has_me is false) and must not call. */
#ifndef MPI_COMM_GROUP_H
#define MPI_COMM_GROUP_H
#include "base/acts.h"
#include "base/error.h"
#include "base/fold.h"
#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t sent;     /* bytes that this rank has sent */
    uint64_t messages; /* in so many messages */
    uint64_t calls;    /* waits so far, sends and receives of a pipeline too, which differ by stage */
    uint64_t looked;   /* collectives that mpi/comm/samecall.h has looked at, the same on all ranks */
} hl_traffic;

typedef struct hl_group {
    MPI_Comm comm;
    int rank, size;      /* -1 and 0 where this process is not a member */
    hl_traffic *traffic; /* NULL: not counted */
    const char *name;    /* for people; outlives the group */
} hl_group;

/* Start MPI, route aborts and logs, and give the group of all processes.  Once, first.  HL_EUSAGE where the launcher
 * has started processes that do not know each other (mpi/comm/launch.h).  hl_group_stop also after a failure. */
hl_status hl_group_start(hl_group *world, int *argc, char ***argv);
/* A group of this process alone, for what can do without MPI: nothing is started, and there is nothing to leave. */
void hl_group_alone(hl_group *out);
/* Leave MPI.  Ends the process table in order; after it only exit.  Where MPI has not started, ranks but the first wait
 * two seconds, since a launcher may end all when one ends. */
void hl_group_stop(hl_group *world);

/* The members of g that gave the same color, in the order of their ranks; a color below 0: of no group.  Close with
 * hl_group_close. */
void hl_group_split(hl_group *out, const hl_group *g, int color);
/* The members of g that say they belong, in the order of their ranks. */
void hl_group_subset(hl_group *out, const hl_group *g, bool belongs);
/* All members of g in the order of their keys, no two of which are equal. */
void hl_group_reorder(hl_group *out, const hl_group *g, int key);
/* The members of g on this rank's machine. */
void hl_group_split_node(hl_group *out, const hl_group *g);
void hl_group_close(hl_group *g);

/* Local. */
static inline void hl_group_name(hl_group *g, const char *name) { g->name = name; }
static inline bool hl_group_has_me(const hl_group *g) { return g->size > 0; }

/* Bytes that this rank has sent to others, and in how many messages, by the collectives here and what was counted
 * beside them.  Where MPI chooses the algorithm, what a rank must send at the least: the root of a broadcast n (p - 1)
 * in p - 1 messages, an owner of n bytes that all get the same.  Agreements (a status, a maximum, a barrier) are not
 * counted.  Local. */
static inline uint64_t hl_group_sent(const hl_group *g) { return g->traffic ? g->traffic->sent : 0; }
static inline uint64_t hl_group_messages(const hl_group *g) { return g->traffic ? g->traffic->messages : 0; }
static inline void hl_group_count(const hl_group *g, size_t bytes, int messages)
{
    if (!g->traffic) return;
    g->traffic->sent += bytes;
    g->traffic->messages += (uint64_t)messages;
}

/* Seconds that this rank has spent so far in waits for other ranks (between hl_group_enter and hl_group_leave), of all
 * groups; what ScaLAPACK waits is not in it.  Local. */
double hl_group_waited(void);

/* Around what is sent and received beside the functions here: this rank waits for others of g (base/acts.h).  Local. */
void hl_group_enter(const hl_group *g, hl_wait what);
void hl_group_leave(void);

/* The worst status becomes everyone's, with the sentence of the lowest rank that failed. */
hl_status hl_group_agree(const hl_group *g, hl_status mine);

/* Do something local; if it fails on one rank, fail on all. */
#define HL_TRY_ALL(g, expr)                                  \
    do {                                                     \
        hl_status hl_try_all_ = hl_group_agree((g), (expr)); \
        if (hl_try_all_ != HL_OK) return hl_try_all_;        \
    } while (0)

/* Does it hold on one rank at least? */
bool hl_group_any(const hl_group *g, bool mine);

/* HL_ESTOP on all ranks, with a sentence that says what was going on, where a signal has asked one of them to stop. */
hl_status hl_group_may_go_on(const hl_group *g, const char *doing);

void hl_group_barrier(const hl_group *g);

/* Bytes of rank `from` to everyone; any length. */
void hl_group_broadcast(const hl_group *g, void *bytes, size_t n, int from);

/* From now on a round of a sum handles so many bytes of an array; 0: 16 MB, as at first.  The same on all ranks;
 * local. */
void hl_group_pieces(size_t bytes);
size_t hl_group_piece(void);

/* x (n) of all ranks added by the tree of the ranks (base/fold.h), the same bits everywhere, whatever comes first and
 * whichever algorithm is taken (mpi/comm/algorithms.h). */
void hl_group_all_reduce(const hl_group *g, float *x, size_t n);
void hl_group_all_reduce_double(const hl_group *g, double *x, size_t n);
void hl_group_all_reduce_int(const hl_group *g, int64_t *x, size_t n);
double hl_group_max(const hl_group *g, double x);

/* Rank r owns the block [begin[r], begin[r + 1]) of x.  hl_group_reduce_scatter gives every owner the sum of its block,
 * added by the tree; the rest of x is undefined on return.  hl_group_all_gather_blocks gives everyone every owner's
 * block.  Both together give the bits of hl_group_all_reduce. */
void hl_group_reduce_scatter(const hl_group *g, float *x, const size_t *begin);
void hl_group_all_gather_blocks(const hl_group *g, float *x, const size_t *begin);

/* Any elements of `size` bytes combined by the tree of the ranks. */
void hl_group_all_reduce_with(const hl_group *g, void *x, size_t n, size_t size, hl_combine combine);

/* Everyone's rows one after the other in rank order: all (sum of counts, row_bytes), counts (size) in rows.  mine
 * may be their place in all. */
void hl_group_all_gather(const hl_group *g, void *all, const void *mine, const int *counts, size_t row_bytes);

/* Rows to each rank and from each rank: counts and begins (size) are in rows of row_bytes; what is sent to
 * several ranks may be the same rows. */
void hl_group_all_to_all(const hl_group *g, void *in, const int *in_count, const int *in_begin, const void *out,
                         const int *out_count, const int *out_begin, size_t row_bytes);

#endif
