/* stop.c - signals that ask a job to stop. */
#include "experiments/stop.h"
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void note(int signal)
{
    (void)signal;
    asked = 1;
}

void hl_stop_listen(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    struct sigaction once = {.sa_handler = note, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) sigaction(signals[i], &once, NULL);
}

bool hl_stop_is_asked(void)
{
    return asked;
}
