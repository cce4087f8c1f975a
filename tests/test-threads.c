/* test-threads.c - ranks that are in each other's way are noticed, whatever bound them, and told what helps. */
#include "app/train/threads.h"
#include "tests/check.h"
#include <math.h>
#include <string.h>

/* A machine of 8 processors, 2 ranks of 4 threads. */
static const hl_binding good = {.wanted = 4,
                                .threads = 4,
                                .bound = 4,
                                .sharers = 1,
                                .ranks = 2,
                                .all = 8,
                                .total = 8,
                                .online = 8,
                                .cpus = INFINITY};

static void expect(const hl_binding *s, hl_launcher by, const char *what, const char *remedy)
{
    const char *has_remedy, *has = hl_binding_trouble(s, by, &has_remedy);
    CHECK(has && strstr(has, what) != NULL);
    CHECK(has && strstr(has_remedy, remedy) != NULL);
    if (has && (!strstr(has, what) || !strstr(has_remedy, remedy))) printf("     %s; %s\n", has, has_remedy);
}

static void a_good_machine_has_no_trouble(void)
{
    const char *remedy;
    CHECK(hl_binding_trouble(&good, HL_BY_MPIRUN, &remedy) == NULL);
    hl_binding unbound = good;
    unbound.bound = 8, unbound.sharers = 2;
    CHECK(hl_binding_trouble(&unbound, HL_BY_SRUN, &remedy) == NULL);
}

static void ranks_on_one_core_are_told_by_their_launcher(void)
{
    hl_binding s = good;
    s.bound = 1, s.sharers = 2, s.all = 1, s.wanted = 1, s.threads = 1, s.total = 2;
    expect(&s, HL_BY_MPIRUN, "2 ranks share 1 processor, and 7 stay idle", "mpirun with --bind-to none");
    expect(&s, HL_BY_SRUN, "2 ranks share 1 processor, and 7 stay idle", "srun with --cpus-per-task=4");
}

static void under_srun_ranks_on_one_core_are_refused(void)
{
    hl_binding s = good;
    s.bound = 1, s.sharers = 2, s.all = 1, s.wanted = 1, s.threads = 1, s.total = 2;
    CHECK_FAILS(
        hl_binding_check(&s, HL_BY_SRUN), HL_EUSAGE,
        "2 ranks share 1 processor, and 7 stay idle; start srun with --cpus-per-task=4 --cpu-bind=cores (--force");
    CHECK_OK(hl_binding_check(&s, HL_BY_MPIRUN)); /* which binds so by itself, and containers have fewer processors */
    s.all = 8, s.bound = 8;                       /* nobody has bound them */
    CHECK_OK(hl_binding_check(&s, HL_BY_SRUN));
    CHECK_OK(hl_binding_check(&good, HL_BY_SRUN));
}

static void threads_on_one_core_are_told(void)
{
    hl_binding s = good;
    s.bound = 1, s.sharers = 1, s.all = 2;
    expect(&s, HL_BY_MPIRUN, "the 4 threads of a rank share 1 processor", "--map-by slot:PE=4");
    expect(&s, HL_BY_SRUN, "the 4 threads of a rank share 1 processor", "--cpus-per-task=4 --cpu-bind=cores");
}

static void too_many_threads_for_the_machine_are_told(void)
{
    hl_binding s = good;
    s.bound = 8, s.sharers = 2, s.wanted = 8, s.threads = 8, s.total = 16;
    expect(&s, HL_BY_MPIRUN, "2 ranks have 16 threads together and share 8 processors", "threads: 4");
    s.ranks = 16, s.sharers = 16, s.threads = 1;
    expect(&s, HL_BY_MPIRUN, "16 ranks have 16 threads", "start 8 ranks");
    s = (hl_binding){.wanted = 16,
                     .threads = 16,
                     .bound = 8,
                     .sharers = 1,
                     .ranks = 1,
                     .all = 8,
                     .total = 16,
                     .online = 8,
                     .cpus = INFINITY};
    expect(&s, HL_BY_NOBODY, "the 16 threads of a rank share 8 processors", "threads: 8 or less");
}

static void a_quota_of_processors_is_told(void)
{
    hl_binding s = good;
    s.cpus = 1.5;
    expect(&s, HL_BY_NOBODY, "8 threads compute and the control group allows 1.5 processors", "raise the quota");
    s.cpus = 8;
    const char *remedy;
    CHECK(hl_binding_trouble(&s, HL_BY_NOBODY, &remedy) == NULL);
}

static void idle_processors_are_told_where_nobody_chose_threads(void)
{
    hl_binding s = {
        .threads = 1, .bound = 1, .sharers = 1, .ranks = 2, .all = 2, .total = 2, .online = 8, .cpus = INFINITY};
    expect(&s, HL_BY_MPIRUN, "each rank is bound to 1 of 8 processors and 6 stay idle", "--bind-to none");
    s.wanted = 1;
    const char *remedy;
    CHECK(hl_binding_trouble(&s, HL_BY_MPIRUN, &remedy) == NULL);
}

static void threads_beyond_reason_are_refused(void)
{
    CHECK_OK(hl_threads_check(0, 1));
    CHECK_OK(hl_threads_check(64, 1));
    CHECK_OK(hl_threads_check(256, 128));
    CHECK_FAILS(hl_threads_check(100000, 2), HL_EUSAGE,
                "100000 threads a rank are beyond reason on a machine of 2 processors");
    CHECK_FAILS(hl_threads_check(2147483647, 1), HL_EUSAGE, "beyond reason");
}

static const test tests[] = {
    {"a good machine has no trouble", a_good_machine_has_no_trouble},
    {"ranks on one core are told by their launcher", ranks_on_one_core_are_told_by_their_launcher},
    {"under srun ranks on one core are refused", under_srun_ranks_on_one_core_are_refused},
    {"threads on one core are told", threads_on_one_core_are_told},
    {"too many threads for the machine are told", too_many_threads_for_the_machine_are_told},
    {"a quota of processors is told", a_quota_of_processors_is_told},
    {"idle processors are told where nobody chose threads", idle_processors_are_told_where_nobody_chose_threads},
    {"threads beyond reason are refused", threads_beyond_reason_are_refused},
};
HL_TESTS("threads", tests)
