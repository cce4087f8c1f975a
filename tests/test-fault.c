/* test-fault.c - failures on purpose come where and to whom they are told. */
#include "tests/check.h"
#include "base/fault.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
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

static void a_count_with_a_plus_is_from_then_on(void)
{
    hl_fault_set("disk-write:*:2+");
    for (int time = 1; time <= 4; time++) CHECK(hl_fault("disk-write", 5) == (time >= 2));
    hl_fault_set(NULL);
}

static void a_call_on_a_file_fails_with_what_is_named(void)
{
    static const struct {
        const char *what;
        int error;
    } cases[] = {
        {"record-write", EIO},
        {"record-write:1:error", EIO},
        {"record-write:1:enospc", ENOSPC},
        {"record-write:1:1:estale", ESTALE},
        {"record-write:*:edquot", EDQUOT},
        {"record-write:1:eintr", EINTR},
        {"record-write:1:short", HL_FAULT_SHORT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_fault_set(cases[i].what);
        CHECK(hl_fault_errno("record-write", 1) == cases[i].error);
        CHECK(hl_fault_errno("record-writer", 1) == 0);
    }
    hl_fault_set("record-write:0:enospc");
    errno = 0;
    CHECK(hl_fault("record-write", 0) && errno == ENOSPC);
    hl_fault_set(NULL);
}

static void several_faults_do_not_mind_each_other(void)
{
    hl_fault_set("disk-write:0:2,folder-make:1,disk-write:1:eio");
    CHECK(!hl_fault("disk-write", 0) && hl_fault("disk-write", 0) && !hl_fault("disk-write", 0));
    CHECK(hl_fault("folder-make", 1) && !hl_fault("folder-make", 0));
    CHECK(hl_fault_errno("disk-write", 1) == EIO);
    hl_fault_set(NULL);
}

static int differing_bits(const float *x, const float *y, int n)
{
    int bits = 0;
    for (int i = 0; i < n; i++) {
        unsigned a, b;
        memcpy(&a, &x[i], sizeof a);
        memcpy(&b, &y[i], sizeof b);
        bits += __builtin_popcount(a ^ b);
    }
    return bits;
}

static void numbers_are_spoilt_as_named(void)
{
    const float x[5] = {1, 2, 3, 4, 5};
    float y[5] = {1, 2, 3, 4, 5};
    hl_fault_numbers("gradient-sum", 0, y, 5);
    CHECK(differing_bits(x, y, 5) == 0);
    hl_fault_set("gradient-sum:0:flip");
    hl_fault_numbers("gradient-sum", 0, y, 0);
    CHECK(differing_bits(x, y, 5) == 0);
    hl_fault_numbers("gradient-sum", 0, y, 5);
    CHECK(differing_bits(x, y, 5) == 1);
    hl_fault_set("gradient-sum:0");
    hl_fault_numbers("gradient-sum", 0, y, 5);
    CHECK(isnan(y[2]) && y[1] == 2);
    hl_fault_set(NULL);
}

/* The state of the child in /proc, once it is what is waited for, or after some seconds whatever it is. */
static char state_of(pid_t child, char wanted)
{
    char path[40], state = '?';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
    for (int i = 0; i < 500 && state != wanted; i++) {
        FILE *f = fopen(path, "r");
        if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1) state = '?';
        if (f) fclose(f);
        usleep(10000);
    }
    return state;
}

static pid_t child_with(const char *what)
{
    hl_fault_set(what);
    const pid_t child = fork();
    if (child == 0) {
        const bool fails = hl_fault("disk-write", 0);
        _exit(fails ? 1 : 0);
    }
    hl_fault_set(NULL);
    return child;
}

static void who_is_stopped_goes_on(void)
{
    int status = -1;
    const pid_t child = child_with("disk-write:0:stop");
    CHECK(state_of(child, 'T') == 'T');
    kill(child, SIGCONT);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void who_hangs_stays(void)
{
    const pid_t child = child_with("disk-write:0:hang");
    CHECK(state_of(child, 'S') == 'S');
    usleep(100000);
    CHECK(waitpid(child, NULL, WNOHANG) == 0);
    kill(child, SIGKILL);
    CHECK(waitpid(child, NULL, 0) == child);
}

static void what_is_not_there_is_refused(void)
{
    static const struct {
        const char *what, *words;
    } wrong[] = {
        {"disk-write", "there is no point \"disk-write\""},
        {"record-write:0:enospc,no-such", "there is no point \"no-such\""},
        {"record-write:0:explode",
         "record-write cannot do \"explode\", but kill, stop, hang, error, enospc, eio, estale, edquot, eintr, short"},
        {"gradient-sum:0:enospc", "gradient-sum cannot do \"enospc\", but kill, stop, hang, nan, flip"},
        {"group-reduce:0", "say what happens at group-reduce: kill, stop, hang"},
        {"record-write:x", "is not followed by a rank"},
        {"record-write:0:3x", "is not followed by a rank"},
        {"record-write:0:3:kill:more", "is not followed by a rank"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        hl_fault_set(wrong[i].what);
        CHECK_FAILS(hl_fault_check(), HL_EUSAGE, wrong[i].words);
    }
    hl_fault_set(NULL);
}

static void every_point_can_do_what_is_listed(void)
{
    char what[80];
    for (const hl_fault_point *p = hl_fault_points; p->name; p++) {
        snprintf(what, sizeof what, "%s:0:3+:%s", p->name,
                 p->kind == HL_FAULT_NUMBERS ? "flip"
                 : p->kind == HL_FAULT_WAITS ? "hang"
                                             : "error");
        hl_fault_set(what);
        CHECK_OK(hl_fault_check());
        CHECK(strlen(p->name) < 40 && *p->file && *p->what);
    }
    hl_fault_set(NULL);
    CHECK_OK(hl_fault_check());
}

static const test tests[] = {
    {"nothing fails unasked", nothing_fails_unasked},
    {"a point fails by its whole name", a_point_fails_by_its_whole_name},
    {"a rank fails alone", a_rank_fails_alone},
    {"a kill is a kill", a_kill_is_a_kill},
    {"a count is that time and no other", a_count_is_that_time_and_no_other},
    {"a count with a plus is from then on", a_count_with_a_plus_is_from_then_on},
    {"a call on a file fails with what is named", a_call_on_a_file_fails_with_what_is_named},
    {"several faults do not mind each other", several_faults_do_not_mind_each_other},
    {"numbers are spoilt as named", numbers_are_spoilt_as_named},
    {"who is stopped goes on", who_is_stopped_goes_on},
    {"who hangs stays", who_hangs_stays},
    {"what is not there is refused", what_is_not_there_is_refused},
    {"every point can do what is listed", every_point_can_do_what_is_listed},
};
HL_TESTS("fault", tests)
