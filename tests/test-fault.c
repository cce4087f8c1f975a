/* test-fault.c - failures on purpose come where and to whom they are told. */
#include "tests/check.h"
#include "base/fault.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing_fails_unasked(void)
{
    hl_fault_set(NULL);
    CHECK(!hl_fault("disk-write", 0));
    hl_fault_set("");
    CHECK(!hl_fault("disk-write", 0));
}

static void a_point_fails_by_its_whole_name(void)
{
    hl_fault_set("disk-write");
    CHECK(hl_fault("disk-write", 0));
    CHECK(hl_fault("disk-write", 7));
    CHECK(!hl_fault("disk", 0));
    CHECK(!hl_fault("disk-writer", 0));
    hl_fault_set(NULL);
}

static void a_rank_fails_alone(void)
{
    hl_fault_set("disk-write:12");
    CHECK(hl_fault("disk-write", 12));
    CHECK(!hl_fault("disk-write", 1));
    CHECK(!hl_fault("disk-write", 0));
    hl_fault_set(NULL);
}

static void a_kill_is_a_kill(void)
{
    hl_fault_set("disk-write:3:kill");
    CHECK(!hl_fault("disk-write", 2));
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        hl_fault("disk-write", 3);
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    hl_fault_set(NULL);
}

static void a_count_is_that_time_and_no_other(void)
{
    hl_fault_set("disk-write:3:2");
    for (int time = 1; time <= 4; time++) {
        CHECK(!hl_fault("disk-write", 2));
        CHECK(hl_fault("disk-write", 3) == (time == 2));
    }
    hl_fault_set(NULL);
}

static const test tests[] = {
    {"nothing fails unasked", nothing_fails_unasked},
    {"a point fails by its whole name", a_point_fails_by_its_whole_name},
    {"a rank fails alone", a_rank_fails_alone},
    {"a kill is a kill", a_kill_is_a_kill},
    {"a count is that time and no other", a_count_is_that_time_and_no_other},
};
HL_TESTS("fault", tests)
