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

/* ---- what is no test: check-run.sh starts these with the word "idle", and counts */

static void asserts_nothing(void) {}

static void says_why(void)
{
    if (check_world()->rank == check_world()->size - 1) check_skip("a moon: there is none");
}

static void asserts_on_the_last_rank(void)
{
    if (check_world()->rank == check_world()->size - 1) CHECK(true);
}

static void misses_a_file(void)
{
    if (check_data("no-such-case.h5")) CHECK(true);
}

static const test idle[] = {
    {"what asserts nothing has failed", asserts_nothing},
    {"what says why is skipped", says_why},
    {"one rank that asserts is enough", asserts_on_the_last_rank},
    {"a file of the repository that is not there is a failure", misses_a_file},
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "idle") == 0) return run_tests(1, argv, "idle", idle, sizeof idle / sizeof idle[0]);
    return run_tests(argc, argv, "check", tests, sizeof tests / sizeof tests[0]);
}
