/* test-watch.c - ranks that move are let alone, whatever the patience, and watching begins and ends at once. */
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "base/clock.h"
#include "mpi/comm/watch.h"
#include <time.h>
#include <unistd.h>

static void watching_begins_and_ends_at_once(void)
{
    const double began = hl_seconds();
    for (int i = 0; i < 20; i++) {
        hl_watch_start(check_world());
        hl_watch_stop();
    }
    CHECK(hl_seconds() - began < 20 * 0.4); /* a look is every half a second */
    hl_watch_stop();
}

static void a_rank_s_record_says_who_it_is(void)
{
    hl_acts_seen me;
    hl_watch_start(check_world());
    hl_act_begin("counting", 3);
    hl_acts_read(&me, hl_acts_mine());
    CHECK(me.rank == check_world()->rank && me.pid == getpid() && me.micro_batch == 3 && me.waits == HL_WAITS_NOT);
    hl_watch_stop();
}

/* The last rank alone gives signs of life for more than the patience; the others wait for it. */
static void a_job_of_which_one_rank_moves_goes_on(void)
{
    const double began = hl_seconds();
    hl_watch_start(check_world());
    hl_watch_patience(1.2);
    while (check_world()->rank == check_world()->size - 1 && hl_seconds() - began < 4) {
        hl_act_tick();
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    }
    hl_group_barrier(check_world());
    hl_watch_patience(0);
    hl_watch_stop();
    CHECK(hl_seconds() - began >= 3.9);
}

static void what_may_take_long_goes_on(void)
{
    hl_watch_start(check_world());
    hl_watch_patience(1.2);
    hl_act_long();
    if (check_world()->rank == 0) nanosleep(&(struct timespec){.tv_sec = 4}, NULL);
    hl_act_long_is_over();
    hl_group_barrier(check_world());
    hl_watch_patience(0);
    hl_watch_stop();
    CHECK(true);
}

static void calls_are_counted_alike_by_all_ranks_of_a_group(void)
{
    const hl_group *g = check_world();
    const uint64_t before = g->traffic->calls;
    int64_t x = 1;
    hl_group_all_reduce_int(g, &x, 1);
    hl_group_broadcast(g, &x, sizeof x, 0);
    hl_group_any(g, false);
    hl_acts_seen me;
    hl_acts_read(&me, hl_acts_mine());
    const uint64_t made = g->traffic->calls - before;
    CHECK(made == (g->size > 1 ? 3u : 2u) && me.waits == HL_WAITS_NOT);
    const double mine = (double)g->traffic->calls, most = hl_group_max(g, mine);
    CHECK(most == mine);
}

static const test tests[] = {
    {"watching begins and ends at once", watching_begins_and_ends_at_once},
    {"a rank's record says who it is", a_rank_s_record_says_who_it_is},
    {"a job of which one rank moves goes on", a_job_of_which_one_rank_moves_goes_on},
    {"what may take long goes on", what_may_take_long_goes_on},
    {"calls are counted alike by all ranks of a group", calls_are_counted_alike_by_all_ranks_of_a_group},
};
HL_TESTS("watch", tests)
