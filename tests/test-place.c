/* test-place.c - every rank knows the same about where the job runs. */
#include "tests/check.h"
#include "tests/check-mpi.h"
#include "io/files/place.h"
#include <string.h>

static void all_ranks_know_the_same_place(void)
{
    hl_place mine, first;
    memset(&mine, 0, sizeof mine);
    hl_place_find(&mine, check_world());
    first = mine;
    hl_group_broadcast(check_world(), &first, sizeof first, 0);
    CHECK(mine.ranks == check_world()->size && mine.ranks == first.ranks);
    CHECK(mine.nodes == 1); /* tests run on one machine */
    CHECK(mine.cores >= 1 && mine.cores == first.cores);
    CHECK(1 <= mine.cores_least && mine.cores_least <= mine.cores_most && mine.cores_most <= mine.cores);
    CHECK(mine.mpi[0] && !strchr(mine.mpi, '\n') && strcmp(mine.mpi, first.mpi) == 0);
}

static const test tests[] = {
    {"all ranks know the same place", all_ranks_know_the_same_place},
};
HL_TESTS("place", tests)
