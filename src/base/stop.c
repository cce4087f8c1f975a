/* stop.c - signals that ask a job to stop. */
#include "base/stop.h"
#include "base/acts.h"
#include <signal.h>
#include <stddef.h>
#include <time.h>

/* Seconds in which several signals are one. */
enum { TOGETHER = 4 };

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static volatile sig_atomic_t asked;
static volatile double asked_at;

/* Allowed in a handler. */
static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Once the handler has returned. */
static void die_of(int number)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(number, &usual, NULL);
    raise(number);
}

static void hear(int number)
{
    double now = seconds_now();
    if (!asked) {
        asked_at = now;
        asked = 1;
    } else if (number != SIGXCPU && now - asked_at > TOGETHER) die_of(number);
}

static bool is_ignored(int number)
{
    struct sigaction is;
    return sigaction(number, NULL, &is) == 0 && is.sa_handler == SIG_IGN;
}

void hl_stop_listen(void)
{
    struct sigaction how = {.sa_handler = hear, .sa_flags = SA_RESTART};
    for (int i = 0; i < SIGNALS; i++) sigaddset(&how.sa_mask, signals[i]);
    for (int i = 0; i < SIGNALS; i++)
        if (signals[i] != SIGHUP || !is_ignored(SIGHUP)) sigaction(signals[i], &how, NULL);
}

bool hl_stop_is_asked(void) { return asked; }

void hl_stop_ask(void) { hear(SIGTERM); }

void hl_stop_forget(void) { asked = 0; }

hl_status hl_stop_check(const char *doing)
{
    hl_act_tick();
    if (!asked) return HL_OK;
    return HL_FAIL(HL_ESTOP,
                   "stopped by a signal while %s; there is nothing to save yet: the same command starts it again",
                   doing);
}
