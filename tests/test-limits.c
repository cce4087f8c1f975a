/* test-limits.c - limits of control groups are found in either version, whatever group sets them. */
#include "base/limits.h"
#include "tests/check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* root/path with this text, and the folders above. */
static void put(const char *root, const char *path, const char *text)
{
    char at[1000];
    snprintf(at, sizeof at, "%s%s", root, path);
    for (char *slash = at + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(at, 0777);
        *slash = '/';
    }
    FILE *f = fopen(at, "w");
    CHECK(f != NULL);
    if (!f) return;
    fputs(text, f);
    fclose(f);
}

/* A fresh root of this name. */
static const char *root_named(const char *name)
{
    static char root[500];
    snprintf(root, sizeof root, "%s/%s", check_folder(), name);
    mkdir(root, 0777);
    return root;
}

static void a_limit_is_a_number_and_max_or_huge_ones_are_none(void)
{
    CHECK(hl_limits_parse("4096\n") == 4096 && hl_limits_parse("0") == 0);
    CHECK(isinf(hl_limits_parse("max\n")) && isinf(hl_limits_parse("")) && isinf(hl_limits_parse("-1"))
          && isinf(hl_limits_parse("nan")));
    CHECK(isinf(hl_limits_parse("9223372036854771712\n")));
}

static void version_two_is_read_up_to_the_top(void)
{
    hl_cgroup c;
    const char *root = root_named("two");
    put(root, "/proc/self/cgroup", "0::/job/step\n");
    put(root, "/sys/fs/cgroup/job/memory.max", "3000000\n");
    put(root, "/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
    put(root, "/sys/fs/cgroup/job/step/memory.max", "max\n");
    put(root, "/sys/fs/cgroup/job/step/cpu.max", "max 100000\n");
    hl_cgroup_find(&c, root);
    CHECK(c.memory == 3000000 && c.cpus == 1.5);
    put(root, "/sys/fs/cgroup/job/step/memory.max", "2000000\n");
    hl_cgroup_find(&c, root);
    CHECK(c.memory == 2000000);
}

static void version_one_has_a_hierarchy_for_each(void)
{
    hl_cgroup c;
    const char *root = root_named("one");
    put(root, "/proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/b/c\n3:cpuset:/\n");
    put(root, "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n");
    put(root, "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
    put(root, "/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "7000000\n");
    hl_cgroup_find(&c, root);
    CHECK(c.memory == 7000000 && c.cpus == 0.5);
    put(root, "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
    put(root, "/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "9223372036854771712\n");
    hl_cgroup_find(&c, root);
    CHECK(isinf(c.memory) && isinf(c.cpus));
}

/* The path is that of the host; what is mounted is the container's own group. */
static void within_a_container_the_top_is_the_group(void)
{
    hl_cgroup c;
    const char *root = root_named("container");
    put(root, "/proc/self/cgroup", "0::/docker/0123456789abcdef\n");
    put(root, "/sys/fs/cgroup/memory.max", "5000000\n");
    put(root, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
    hl_cgroup_find(&c, root);
    CHECK(c.memory == 5000000 && c.cpus == 2);
}

static void without_files_there_is_no_limit(void)
{
    hl_cgroup c;
    hl_cgroup_find(&c, root_named("none"));
    CHECK(isinf(c.memory) && isinf(c.cpus) && hl_limits_memory_available(root_named("none")) == 0);
}

static void what_is_available_counts_swap(void)
{
    const char *root = root_named("memory");
    put(root, "/proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:  4000 kB\nSwapFree:   100 kB\n");
    CHECK(hl_limits_memory_available(root) == 4100 * 1024.0);
    CHECK(hl_limits_memory_available("") > 0);
}

static const test tests[] = {
    {"a limit is a number, and max or huge ones are none", a_limit_is_a_number_and_max_or_huge_ones_are_none},
    {"version two is read up to the top", version_two_is_read_up_to_the_top},
    {"version one has a hierarchy for each", version_one_has_a_hierarchy_for_each},
    {"within a container the top is the group", within_a_container_the_top_is_the_group},
    {"without files there is no limit", without_files_there_is_no_limit},
    {"what is available counts swap", what_is_available_counts_swap},
};
HL_TESTS("limits", tests)
