/* threads.c - how many threads each rank computes with, and whether its machine has processors for them.
 *
 * mpirun binds a rank to one core when there are two or fewer, to a socket above: several threads of a rank then share
 * one core, or the ranks of a socket share its cores.  What counts is the mask that the rank finds itself with, the
 * masks of the other ranks of the machine, and how much of the processors' time their control group allows. */
#include "app/train/threads.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/process.h"
#include "math/linear.h"
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- what there is */

typedef struct {
    cpu_set_t mask;
    int wanted;
} rank_facts;

static void compare_masks(hl_binding *s, const rank_facts *of, int ranks, const cpu_set_t *mine)
{
    cpu_set_t any;
    CPU_ZERO(&any);
    for (int r = 0; r < ranks; r++) {
        cpu_set_t both;
        CPU_AND(&both, &of[r].mask, mine);
        s->sharers += CPU_COUNT(&both) > 0;
        CPU_OR(&any, &any, &of[r].mask);
    }
    s->all = CPU_COUNT(&any);
}

int hl_threads_of_environment(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    const long n = text ? strtol(text, NULL, 10) : 0;
    return n <= 0 ? 0 : n < INT_MAX ? (int)n : INT_MAX;
}

static int share_of(const hl_binding *s)
{
    if (s->wanted) return s->wanted;
    return s->sharers > 0 && s->bound / s->sharers > 0 ? s->bound / s->sharers : 1;
}

static void find_on(hl_binding *s, const hl_group *node)
{
    rank_facts mine = {.wanted = s->wanted}, *all = hl_alloc((size_t)node->size * sizeof *all);
    int *one = hl_alloc((size_t)node->size * sizeof *one);
    for (int r = 0; r < node->size; r++) one[r] = 1;
    sched_getaffinity(0, sizeof mine.mask, &mine.mask);
    hl_group_all_gather(node, all, &mine, one, sizeof mine);
    s->bound = CPU_COUNT(&mine.mask);
    compare_masks(s, all, node->size, &mine.mask);
    free(one);
    free(all);
}

void hl_binding_find(hl_binding *s, const hl_group *world, int wanted)
{
    hl_group node;
    hl_cgroup group;
    hl_group_split_node(&node, world);
    hl_cgroup_find(&group, hl_limits_root());
    *s = (hl_binding){.wanted = wanted ? wanted : hl_threads_of_environment(),
                      .ranks = node.size,
                      .online = (int)sysconf(_SC_NPROCESSORS_ONLN),
                      .cpus = group.cpus};
    find_on(s, &node);
    s->threads = share_of(s);
    int64_t total = s->threads;
    hl_group_all_reduce_int(&node, &total, 1);
    s->total = total < INT_MAX ? (int)total : INT_MAX;
    hl_group_close(&node);
}

/* ---- what is wrong with it */

static const char *plural(int n) { return n == 1 ? "" : "s"; }

typedef struct {
    char what[200], remedy[200];
} words;

static bool is_on_one_core(const hl_binding *s, hl_launcher by, words *w)
{
    if (s->sharers <= s->bound || s->all >= s->online) return false;
    snprintf(w->what, sizeof w->what, "%d ranks share %d processor%s, and %d stay idle", s->sharers, s->bound,
             plural(s->bound), s->online - s->all);
    hl_launch_advice(w->remedy, sizeof w->remedy, by, s->online / s->ranks > 0 ? s->online / s->ranks : 1);
    return true;
}

static bool is_bound_too_tightly(const hl_binding *s, hl_launcher by, words *w)
{
    if (s->threads <= s->bound) return false;
    snprintf(w->what, sizeof w->what, "the %d threads of a rank share %d processor%s", s->threads, s->bound,
             plural(s->bound));
    if (s->bound < s->online) hl_launch_advice(w->remedy, sizeof w->remedy, by, s->threads);
    else
        snprintf(w->remedy, sizeof w->remedy, "set threads: %d or less (OMP_NUM_THREADS)",
                 s->online / s->ranks > 0 ? s->online / s->ranks : 1);
    return true;
}

static bool is_crowded(const hl_binding *s, hl_launcher by, words *w)
{
    (void)by;
    if (s->total <= s->all) return false;
    snprintf(w->what, sizeof w->what, "%d ranks have %d threads together and share %d processor%s", s->ranks, s->total,
             s->all, plural(s->all));
    if (s->ranks > s->all)
        snprintf(w->remedy, sizeof w->remedy, "start %d rank%s on a machine at most", s->all, plural(s->all));
    else snprintf(w->remedy, sizeof w->remedy, "set threads: %d (OMP_NUM_THREADS)", s->all / s->ranks);
    return true;
}

static bool is_slowed_by_its_group(const hl_binding *s, hl_launcher by, words *w)
{
    (void)by;
    if (s->total <= s->cpus) return false;
    snprintf(w->what, sizeof w->what,
             "%d thread%s compute%s and the control group allows %.2g processors' worth of time, so all wait in turns",
             s->total, plural(s->total), s->total == 1 ? "s" : "", s->cpus);
    snprintf(w->remedy, sizeof w->remedy, "use fewer ranks and threads, or raise the quota (docker run --cpus)");
    return true;
}

static bool leaves_processors_idle(const hl_binding *s, hl_launcher by, words *w)
{
    if (s->wanted || s->all >= s->online || s->ranks >= s->online) return false;
    snprintf(w->what, sizeof w->what, "each rank is bound to %d of %d processors and %d stay idle", s->bound, s->online,
             s->online - s->all);
    hl_launch_advice(w->remedy, sizeof w->remedy, by, s->online / s->ranks);
    return true;
}

/* The worst first. */
static bool (*const troubles[])(const hl_binding *s, hl_launcher by, words *w) = {
    is_on_one_core, is_bound_too_tightly, is_slowed_by_its_group, is_crowded, leaves_processors_idle,
};

const char *hl_binding_trouble(const hl_binding *s, hl_launcher by, const char **remedy)
{
    static words w;
    *remedy = w.remedy;
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
        if (troubles[i](s, by, &w)) return w.what;
    return NULL;
}

hl_status hl_binding_check(const hl_binding *s, hl_launcher by)
{
    words w;
    hl_process me;
    if (by != HL_BY_SRUN || !is_on_one_core(s, by, &w)) return HL_OK;
    hl_process_find(&me);
    return HL_FAIL(HL_EUSAGE, "on %s %s; %s (--force goes ahead)", me.host, w.what, w.remedy);
}

/* ---- setting them */

hl_status hl_threads_check(int wanted, int online)
{
    enum { EACH = 16, ANYWHERE = 64 }; /* threads a processor, and those that are fine on the smallest machine */
    if (wanted <= ANYWHERE || wanted / EACH <= online) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "%d threads a rank are beyond reason on a machine of %d processor%s; set threads or OMP_NUM_THREADS "
                   "to %d, or to 0 for this rank's share",
                   wanted, online, plural(online), online);
}

/* Of all ranks that have the trouble the first speaks. */
static void warn(const hl_group *world, const hl_binding *s)
{
    const char *remedy, *what = hl_binding_trouble(s, hl_launch_by(hl_launch_environment), &remedy);
    const int first = -(int)hl_group_max(world, what ? -world->rank : -world->size);
    int64_t ranks = what != NULL;
    hl_process me;
    hl_group_all_reduce_int(world, &ranks, 1);
    if (!what || first != world->rank) return;
    hl_process_find(&me);
    if (world->size == s->ranks) hl_log(HL_WARN, "%s; %s", what, remedy);
    else
        hl_log(HL_WARN, "%s, on %s (such trouble have %lld of %d ranks); %s", what, me.host, (long long)ranks,
               world->size, remedy);
}

hl_status hl_threads_set(int *threads, const hl_group *world, int wanted, bool force)
{
    hl_binding s;
    hl_binding_find(&s, world, wanted);
    *threads = s.threads;
    HL_TRY_ALL(world, hl_threads_check(s.wanted, s.online));
    HL_TRY_ALL(world, force ? HL_OK : hl_binding_check(&s, hl_launch_by(hl_launch_environment)));
    warn(world, &s);
    hl_math_threads(s.threads);
    return HL_OK;
}
