/* test-patience.c - what waits too long ends, and what comes in time goes on. */
#include "tests/check.h"
#include "base/clock.h"
#include "base/patience.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process of that rank with so much patience, which waits so many seconds; what it says, and its status. */
static int wait_as(int rank, double limit, double seconds, char *said, size_t room)
{
    int end[2], status;
    CHECK(pipe(end) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const hl_patience p = {limit, rank, "MPI has not started", "look at the network"};
        dup2(end[1], STDERR_FILENO);
        hl_patience_begin(&p);
        usleep((useconds_t)(1e6 * seconds));
        hl_patience_end();
        _exit(0);
    }
    close(end[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < room && (got = read(end[0], said + n, room - 1 - n)) > 0;) n += (size_t)got;
    said[n] = 0;
    close(end[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_comes_in_time_goes_on(void)
{
    char said[1000];
    CHECK(wait_as(0, 1000, 0, said, sizeof said) == 0);
    CHECK(!*said);
}

static void what_does_not_come_ends_with_a_sentence(void)
{
    char said[1000];
    const double before = hl_seconds();
    CHECK(wait_as(0, 0.5, 60, said, sizeof said) == 1);
    CHECK(hl_seconds() - before < 30);
    CHECK(strstr(said, "warning: MPI has not started after 0.05 seconds") != NULL);
    CHECK(strstr(said, "error: MPI has not started after 0.5 seconds: look at the network") != NULL);
}

static void rank_0_alone_warns(void)
{
    char said[1000];
    CHECK(wait_as(3, 0.5, 60, said, sizeof said) == 1);
    CHECK(!strstr(said, "warning") && strstr(said, "error") != NULL);
}

static void no_limit_waits_as_long_as_it_takes(void)
{
    char said[1000];
    CHECK(wait_as(0, 0, 0.2, said, sizeof said) == 0);
    CHECK(!*said);
}

static bool is_seconds(double want, const char *text)
{
    double seconds = 600;
    return hl_patience_parse(&seconds, "HLLM_START_TIMEOUT", text) == HL_OK && seconds == want;
}

static void a_number_of_seconds_is_taken(void)
{
    CHECK(is_seconds(600, NULL) && is_seconds(600, ""));
    CHECK(is_seconds(0, "0") && is_seconds(2.5, "2.5") && is_seconds(1e9, "1e9"));
}

static void anything_else_is_refused(void)
{
    static const char *const odd[] = {"soon", "10m", "10 ", "-1", "nan", "inf", "1e10", "1,5"};
    for (int i = 0; i < (int)(sizeof odd / sizeof odd[0]); i++) {
        double seconds = 600;
        CHECK(hl_patience_parse(&seconds, "HLLM_START_TIMEOUT", odd[i]) == HL_EUSAGE && seconds == 600);
        CHECK(strstr(hl_error_text(), "HLLM_START_TIMEOUT=") && strstr(hl_error_text(), odd[i]));
        CHECK(strstr(hl_error_text(), "unset it for 600") != NULL);
    }
}

static const test tests[] = {
    {"what comes in time goes on", what_comes_in_time_goes_on},
    {"what does not come ends with a sentence", what_does_not_come_ends_with_a_sentence},
    {"rank 0 alone warns", rank_0_alone_warns},
    {"no limit waits as long as it takes", no_limit_waits_as_long_as_it_takes},
    {"a number of seconds is taken", a_number_of_seconds_is_taken},
    {"anything else is refused", anything_else_is_refused},
};
HL_TESTS("patience", tests)
