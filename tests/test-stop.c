/* test-stop.c - signals that ask a job to stop set a flag, and several at once are one. */
#include "tests/check.h"
#include "base/stop.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void every_signal_that_ends_jobs_is_heard(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
    hl_stop_listen();
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        CHECK(!hl_stop_is_asked());
        raise(signals[i]);
        CHECK(hl_stop_is_asked());
        hl_stop_forget();
    }
}

static void signals_in_a_row_are_one(void)
{
    hl_stop_listen();
    for (int i = 0; i < 3; i++) raise(SIGTERM), raise(SIGINT);
    CHECK(hl_stop_is_asked());
    hl_stop_forget();
}

/* The signal that ends a process which hears TERM and, after these seconds, another; 0: none. */
static int ends_of(int later, int seconds)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        hl_stop_listen();
        raise(SIGTERM);
        for (struct timespec t = {seconds, 0}; nanosleep(&t, &t) != 0;) continue;
        raise(later);
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_later_one_ends_the_process(void) { CHECK(ends_of(SIGUSR2, 5) == SIGUSR2); }

static void the_clock_of_the_processor_rings_again_and_again(void) { CHECK(ends_of(SIGXCPU, 5) == 0); }

/* As nohup does. */
static void an_ignored_hangup_stays_ignored(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGHUP, SIG_IGN);
        hl_stop_listen();
        raise(SIGHUP);
        _exit(hl_stop_is_asked());
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_check_says_what_was_going_on(void)
{
    CHECK(hl_stop_check("reading texts") == HL_OK);
    hl_stop_ask();
    CHECK(hl_stop_check("reading texts") == HL_ESTOP
          && strstr(hl_error_text(), "while reading texts; there is nothing to save yet"));
    hl_stop_forget();
    CHECK(hl_stop_check("reading texts") == HL_OK);
}

static const test tests[] = {
    {"every signal that ends jobs is heard", every_signal_that_ends_jobs_is_heard},
    {"signals in a row are one", signals_in_a_row_are_one},
    {"a later one ends the process", a_later_one_ends_the_process},
    {"the clock of the processor rings again and again", the_clock_of_the_processor_rings_again_and_again},
    {"an ignored hangup stays ignored", an_ignored_hangup_stays_ignored},
    {"a check says what was going on", a_check_says_what_was_going_on},
};
HL_TESTS("stop", tests)
