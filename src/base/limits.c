/* limits.c - what the system lets this process have: memory, and shares of processors.
 *
 * /proc/self/cgroup has a line for each hierarchy, "number:controllers:path"; number 0 is version 2.  A limit of any
 * group on the way up counts.  Within a container the path may not be visible, and then the top of what is visible
 * is the group. */
#include "base/limits.h"
#include "base/path.h"
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hl_limits_root(void)
{
    const char *named = getenv("HLLM_SYSTEM_ROOT");
    return named ? named : "";
}

double hl_limits_parse(const char *text)
{
    const double none = 0x1p60;
    char *end;
    double x = strtod(text, &end);
    return end == text || !(x >= 0) || x >= none ? INFINITY : x;
}

/* The first line of a file of the folder; false where there is none. */
static bool read_line(char *line, int room, const char *folder, const char *name)
{
    char path[PATH_MAX];
    FILE *f = hl_path_fits(path, "%s/%s", folder, name) ? fopen(path, "r") : NULL;
    if (!f) return false;
    bool has = fgets(line, room, f) != NULL;
    fclose(f);
    return has;
}

/* "max 100000", "50000 100000". */
static double cpus_of_two(const char *folder)
{
    char line[100];
    double period;
    if (!read_line(line, sizeof line, folder, "cpu.max")) return INFINITY;
    const char *second = strchr(line, ' ');
    period = second ? strtod(second, NULL) : 0;
    return period > 0 ? hl_limits_parse(line) / period : INFINITY;
}

static double cpus_of_one(const char *folder)
{
    char quota[100], period[100];
    if (!read_line(quota, sizeof quota, folder, "cpu.cfs_quota_us")) return INFINITY;
    if (!read_line(period, sizeof period, folder, "cpu.cfs_period_us")) return INFINITY;
    return hl_limits_parse(period) > 0 ? hl_limits_parse(quota) / hl_limits_parse(period) : INFINITY;
}

static double memory_of(const char *folder, const char *file)
{
    char line[100];
    return read_line(line, sizeof line, folder, file) ? hl_limits_parse(line) : INFINITY;
}

static double memory_of_two(const char *folder) { return memory_of(folder, "memory.max"); }
static double memory_of_one(const char *folder) { return memory_of(folder, "memory.limit_in_bytes"); }

/* Where a hierarchy may be mounted, and who reads its limits. */
static const struct {
    const char *controller, *mount; /* controller "": version 2 */
    double (*memory)(const char *folder), (*cpus)(const char *folder);
} kinds[] = {
    {"", "/sys/fs/cgroup", memory_of_two, cpus_of_two},
    {"", "/sys/fs/cgroup/unified", memory_of_two, cpus_of_two},
    {"memory", "/sys/fs/cgroup/memory", memory_of_one, NULL},
    {"cpu", "/sys/fs/cgroup/cpu", NULL, cpus_of_one},
    {"cpu", "/sys/fs/cgroup/cpu,cpuacct", NULL, cpus_of_one},
};

/* Is `name` one of "cpu,cpuacct"? */
static bool is_among(const char *list, const char *name)
{
    const size_t n = strlen(name);
    if (n == 0) return *list == 0;
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, n) == 0 && (at[n] == ',' || at[n] == 0)) return true;
    return false;
}

/* The group and those above it, up to where the hierarchy is mounted. */
static void climb(hl_cgroup *c, int kind, const char *root, const char *group)
{
    char folder[PATH_MAX];
    int least = snprintf(folder, sizeof folder, "%s%s", root, kinds[kind].mount),
        n = snprintf(folder, sizeof folder, "%s%s%s", root, kinds[kind].mount, group);
    if (n >= (int)sizeof folder) return;
    while ((int)strlen(folder) >= least) {
        if (kinds[kind].memory) c->memory = fmin(c->memory, kinds[kind].memory(folder));
        if (kinds[kind].cpus) c->cpus = fmin(c->cpus, kinds[kind].cpus(folder));
        char *slash = strrchr(folder, '/');
        if (!slash) return;
        *slash = 0;
    }
}

/* "4:memory:/a/b" */
static void take_line(hl_cgroup *c, const char *root, char *line)
{
    char *list = strchr(line, ':'), *group = list ? strchr(list + 1, ':') : NULL;
    if (!group) return;
    *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    for (int k = 0; k < (int)(sizeof kinds / sizeof kinds[0]); k++)
        if (is_among(list + 1, kinds[k].controller)) climb(c, k, root, group);
}

void hl_cgroup_find(hl_cgroup *c, const char *root)
{
    char path[PATH_MAX], line[PATH_MAX];
    *c = (hl_cgroup){INFINITY, INFINITY};
    hl_path(path, "%s/proc/self/cgroup", root);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) take_line(c, root, line);
    if (f) fclose(f);
}

double hl_limits_memory_available(const char *root)
{
    char path[PATH_MAX], line[200];
    double bytes = 0, kib;
    hl_path(path, "%s/proc/meminfo", root);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %lf", &kib) == 1 || sscanf(line, "SwapFree: %lf", &kib) == 1)
            bytes += 1024 * kib;
    if (f) fclose(f);
    return bytes;
}
