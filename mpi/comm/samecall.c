/* samecall.c - have all ranks of a group come to the same collective?
 *
 * Each tells all others its call, and all compare: so the first collective in which ranks differ is found, whatever
 * they would have done with each other's bytes.  PETSc's debug builds look at their arguments in the same way. */
#include "mpi/comm/samecall.h"
#include "base/lend.h"
#include "mpi/comm/wait.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char call[40], group[24];
    uint64_t number, bytes;
} visit;

static bool is_same(const visit *a, const visit *b)
{
    return strcmp(a->call, b->call) == 0 && strcmp(a->group, b->group) == 0 && a->number == b->number
           && a->bytes == b->bytes;
}

/* "ranks 0, 2 are in all_reduce of group item (call 7, 400 bytes)": those that are where `like` is; the first few of
 * them. */
static void say(char *out, size_t size, const visit *all, int ranks, const visit *like)
{
    size_t n = 0;
    int named = 0, count = 0;
    for (int r = 0; r < ranks; r++) count += is_same(&all[r], like);
    n += (size_t)snprintf(out, size, "rank%s", count > 1 ? "s" : "");
    for (int r = 0; r < ranks && named < 8; r++)
        if (is_same(&all[r], like)) n += (size_t)snprintf(out + n, size - n, "%s %d", named++ ? "," : "", r);
    snprintf(out + n, size - n, "%s %s in %s of group %s (call %llu, %llu bytes)", count > named ? " ..." : "",
             count > 1 ? "are" : "is", like->call, like->group, (unsigned long long)like->number,
             (unsigned long long)like->bytes);
}

static hl_status compare(const visit *all, int ranks)
{
    char first[240], other[240];
    int differs = 1;
    while (differs < ranks && is_same(&all[0], &all[differs])) differs++;
    if (differs == ranks) return HL_OK;
    say(first, sizeof first, all, ranks, &all[0]);
    say(other, sizeof other, all, ranks, &all[differs]);
    return HL_FAIL(HL_EFAIL, "ranks have come to different collectives: %s, but %s", first, other);
}

hl_status hl_samecall_look(MPI_Comm comm, const char *group, const char *call, uint64_t number, uint64_t bytes)
{
    int ranks;
    MPI_Comm_size(comm, &ranks);
    visit mine = {.number = number, .bytes = bytes}, *all = hl_lend((size_t)ranks * sizeof *all);
    snprintf(mine.call, sizeof mine.call, "%s", call);
    snprintf(mine.group, sizeof mine.group, "%s", group);
    HL_WAIT_FOR(MPI_Allgather, MPI_Iallgather, &mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, comm);
    const hl_status s = compare(all, ranks);
    hl_lend_back(all);
    return s;
}
