/* fault.c - failures on purpose, so that tests can see what happens after them. */
#include "base/fault.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *named;
static bool told;
static long times; /* that the rank which is named was at the point */

void hl_fault_set(const char *what)
{
    named = what;
    told = true;
    times = 0;
}

/* What stands behind a rank: an act or a count. */
static bool is_now(const char *how)
{
    if (strcmp(how, "kill") == 0) raise(SIGKILL);
    long wanted = strtol(how, NULL, 10);
    return wanted == 0 || ++times == wanted;
}

bool hl_fault(const char *point, int rank)
{
    if (!told) hl_fault_set(getenv("HLLM_FAULT"));
    size_t n = strlen(point);
    if (!named || strncmp(named, point, n) != 0 || (named[n] != 0 && named[n] != ':')) return false;
    const char *whom = named + n;
    if (*whom == ':' && strtol(whom + 1, NULL, 10) != rank) return false;
    const char *how = *whom == ':' ? strchr(whom + 1, ':') : NULL;
    return how ? is_now(how + 1) : true;
}
