/* patience.c - something that waits for other processes ends all the same. */
#include "base/patience.h"
#include "base/log.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came;
static bool is_over, is_watched;
static pthread_t thread;

/* Holding the lock: has it come within so many seconds from now? */
static bool comes_within(double seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const double at = (double)until.tv_sec + 1e-9 * (double)until.tv_nsec + seconds;
    until.tv_sec = (time_t)at;
    until.tv_nsec = (long)(1e9 * (at - (double)until.tv_sec));
    while (!is_over && pthread_cond_timedwait(&came, &lock, &until) != ETIMEDOUT) continue;
    return is_over;
}

static void *watch(void *of)
{
    const hl_patience *p = of;
    pthread_mutex_lock(&lock);
    if (!comes_within(0.1 * p->seconds)) {
        if (p->rank == 0)
            hl_log(HL_WARN, "%s after %g seconds; the job ends after %g: %s", p->what, 0.1 * p->seconds, p->seconds,
                   p->advice);
        if (!comes_within(0.9 * p->seconds)) {
            hl_log(HL_ERROR, "%s after %g seconds: %s", p->what, p->seconds, p->advice);
            _exit(1);
        }
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

hl_status hl_patience_parse(double *seconds, const char *name, const char *text)
{
    char *end;
    if (!text || !*text) return HL_OK;
    const double x = strtod(text, &end);
    if (*end || !(x >= 0 && x <= 1e9))
        return HL_FAIL(HL_EUSAGE, "%s=%.40s: is no number of seconds; unset it for %g, or set it to 0 to wait for ever",
                       name, text, *seconds);
    *seconds = x;
    return HL_OK;
}

void hl_patience_begin(const hl_patience *p)
{
    sigset_t all, mine;
    pthread_condattr_t how;
    if (p->seconds <= 0) return;
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&came, &how);
    pthread_condattr_destroy(&how);
    is_over = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mine); /* signals are for the thread that waits */
    is_watched = pthread_create(&thread, NULL, watch, (void *)p) == 0;
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
}

void hl_patience_end(void)
{
    if (!is_watched) return;
    pthread_mutex_lock(&lock);
    is_over = true;
    pthread_cond_signal(&came);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&came);
    is_watched = false;
}
