/* usage.c - what this process has used so far. */
#include "base/usage.h"
#include "base/pages.h"
#include <stdio.h>
#include <time.h>

double hl_usage_cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Not getrusage's: that remembers what the process held before it became this program. */
int64_t hl_usage_peak_bytes(void)
{
    char line[128];
    long long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    if (!f) return 0;
    while (fgets(line, sizeof line, f) && sscanf(line, "VmHWM: %lld", &kib) != 1) continue;
    fclose(f);
    return (int64_t)kib * 1024;
}

/* proc(5): clear_refs.  What was freed and is kept for later would count for ever after. */
void hl_usage_forget_peak(void)
{
    hl_pages_give_back();
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f) return;
    fputs("5", f);
    fclose(f);
}
