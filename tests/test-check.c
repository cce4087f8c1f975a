/* test-check.c - the harness itself: what all ranks share, and what a failure would need. */
#include "tests/check.h"
#include "tests/check-mpi.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void the_folder_is_one_and_the_same(void)
{
    char name[1024] = {0};
    struct stat st;
    snprintf(name, sizeof name, "%s", check_folder());
    hl_group_broadcast(check_world(), name, sizeof name, 0);
    CHECK(strcmp(name, check_folder()) == 0);
    CHECK(stat(name, &st) == 0 && S_ISDIR(st.st_mode));
}

static void the_worst_status_is_everyones(void)
{
    const hl_group *g = check_world();
    int last = g->size - 1;
    hl_status mine = g->rank == last ? HL_FAIL(HL_EFORMAT, "rank %d found a hole", last) : HL_OK;
    CHECK_FAILS(hl_group_agree(g, mine), HL_EFORMAT, "found a hole");
}

static const test tests[] = {
    {"the folder is one and the same on all ranks", the_folder_is_one_and_the_same},
    {"the worst status is everyone's", the_worst_status_is_everyones},
};
HL_TESTS("check", tests)
