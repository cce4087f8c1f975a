/* test-standstill.c - what hangs is found by a count of looks, and what is said of it names who is missing. */
#include "tests/check.h"
#include "mpi/comm/standstill.h"
#include <stdio.h>
#include <string.h>

enum { RANKS = 4 };

static char said[4000];

static void say(const char *line)
{
    const size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s\n", line);
}

static hl_rank_seen waiting(int rank, hl_wait what, const char *group, uint64_t call, const char *act, int mb)
{
    hl_rank_seen r = {
        .acts = {.rank = rank, .pid = 100 + rank, .waits = (int)what, .call = call, .micro_batch = mb, .moves = 1},
        .state = 'R'};
    snprintf(r.acts.group, sizeof r.acts.group, "%s", group);
    snprintf(r.acts.act, sizeof r.acts.act, "%s", act);
    return r;
}

/* All in one sum. */
static void all_wait(hl_rank_seen *seen)
{
    for (int i = 0; i < RANKS; i++) seen[i] = waiting(i, HL_WAITS_REDUCE, "item_dp", 5, "sum_item", -1);
}

/* The verdict after so many seconds without a move; *stopped: of the last look that told of one, -1. */
static hl_verdict after(hl_standstill *s, int *stopped, const hl_rank_seen *seen, int seconds, double patience)
{
    hl_verdict worst = HL_SOMETHING_MOVES;
    int one;
    *stopped = -1;
    for (int i = 0; i < seconds; i++) {
        const hl_verdict v = hl_standstill_look(s, &one, seen, 1, patience);
        worst = v > worst ? v : worst;
        *stopped = one >= 0 ? one : *stopped;
    }
    return worst;
}

static void a_job_in_which_one_moves_does_not_hang(void)
{
    hl_standstill s;
    hl_rank_seen seen[RANKS];
    int stopped;
    all_wait(seen);
    hl_standstill_open(&s, RANKS, true);
    for (int i = 0; i < 100; i++) {
        seen[2].acts.moves++;
        CHECK(after(&s, &stopped, seen, 3, 5) == HL_SOMETHING_MOVES);
    }
    CHECK(stopped == -1);
    hl_standstill_close(&s);
}

static void a_job_in_which_none_moves_hangs_after_its_patience(void)
{
    hl_standstill s;
    hl_rank_seen seen[RANKS];
    int stopped;
    all_wait(seen);
    hl_standstill_open(&s, RANKS, true);
    CHECK(after(&s, &stopped, seen, 1, 5) == HL_SOMETHING_MOVES); /* the first look sees what was before */
    CHECK(after(&s, &stopped, seen, 4, 5) == HL_SOMETHING_MOVES);
    CHECK(after(&s, &stopped, seen, 1, 5) == HL_JOB_HANGS);
    hl_standstill_close(&s);
}

static void without_patience_nothing_hangs(void)
{
    hl_standstill s;
    hl_rank_seen seen[RANKS];
    int stopped;
    all_wait(seen);
    hl_standstill_open(&s, RANKS, true);
    CHECK(after(&s, &stopped, seen, 10000, 0) == HL_SOMETHING_MOVES);
    hl_standstill_close(&s);
}

static void what_may_last_is_told_once_and_ends_much_later(void)
{
    hl_standstill s;
    hl_rank_seen seen[RANKS];
    int stopped;
    all_wait(seen);
    seen[1].acts.is_long = true;
    hl_standstill_open(&s, RANKS, true);
    CHECK(after(&s, &stopped, seen, 6, 5) == HL_NOTHING_MOVES);
    CHECK(after(&s, &stopped, seen, 5 * HL_LASTING - 6, 5) == HL_SOMETHING_MOVES);
    CHECK(after(&s, &stopped, seen, 1, 5) == HL_JOB_HANGS);
    seen[1].acts.moves++;
    CHECK(after(&s, &stopped, seen, 1, 5) == HL_SOMETHING_MOVES);
    CHECK(after(&s, &stopped, seen, 5, 5) == HL_NOTHING_MOVES);
    hl_standstill_close(&s);
}

static void a_machine_that_waits_for_others_is_patient_and_one_with_a_lost_rank_is_not(void)
{
    hl_standstill s;
    hl_rank_seen seen[RANKS];
    int stopped;
    all_wait(seen);
    hl_standstill_open(&s, RANKS, false);
    CHECK(after(&s, &stopped, seen, 20, 5) == HL_NOTHING_MOVES);
    hl_standstill_close(&s);
    hl_standstill_open(&s, RANKS, false);
    seen[3].acts.waits = HL_WAITS_NOT;
    CHECK(after(&s, &stopped, seen, 6, 5) == HL_JOB_HANGS);
    hl_standstill_close(&s);
    all_wait(seen);
    hl_standstill_open(&s, RANKS, false);
    seen[3].state = 'T';
    CHECK(after(&s, &stopped, seen, 6, 5) == HL_JOB_HANGS);
    hl_standstill_close(&s);
}

static void a_stopped_rank_is_told_once_a_stop(void)
{
    hl_standstill s;
    hl_rank_seen seen[RANKS];
    int stopped;
    all_wait(seen);
    hl_standstill_open(&s, RANKS, true);
    seen[2].state = 'T';
    after(&s, &stopped, seen, HL_STOP_TOLD - 1, 0);
    CHECK(stopped == -1);
    after(&s, &stopped, seen, 1, 0);
    CHECK(stopped == 2);
    after(&s, &stopped, seen, 100, 0);
    CHECK(stopped == -1);
    seen[2].state = 'R';
    after(&s, &stopped, seen, 1, 0);
    seen[2].state = 'T';
    after(&s, &stopped, seen, HL_STOP_TOLD, 0);
    CHECK(stopped == 2);
    hl_standstill_close(&s);
}

static void a_debugger_and_a_stopped_job_are_not_told(void)
{
    hl_standstill s;
    hl_rank_seen seen[RANKS];
    int stopped;
    all_wait(seen);
    hl_standstill_open(&s, RANKS, true);
    seen[2].state = 't';
    after(&s, &stopped, seen, 100, 0);
    CHECK(stopped == -1);
    for (int i = 0; i < RANKS; i++) seen[i].state = 'T';
    after(&s, &stopped, seen, 100, 0);
    CHECK(stopped == -1);
    hl_standstill_close(&s);
}

static const char *picture(const hl_rank_seen *seen)
{
    hl_standstill s;
    hl_standstill_open(&s, RANKS, true);
    said[0] = 0;
    hl_standstill_tell(&s, seen, "node7", say);
    hl_standstill_close(&s);
    return said;
}

static void who_waits_together_is_one_line(void)
{
    hl_rank_seen seen[RANKS];
    all_wait(seen);
    CHECK(strcmp(picture(seen), "ranks 0-3 wait in a sum (group item_dp, call 5), act sum_item\n") == 0);
    seen[1] = waiting(1, HL_WAITS_RECEIVE, "user_pp", 77, "user_take", 3);
    CHECK(strcmp(picture(seen), "ranks 0, 2, 3 wait in a sum (group item_dp, call 5), act sum_item\n"
                                "rank 1 waits for rows (group user_pp, call 77), act user_take of chunk 3\n")
          == 0);
    all_wait(seen);
    seen[3].acts.call = 4;
    CHECK(strcmp(picture(seen), "ranks 0-2 wait in a sum (group item_dp, call 5), act sum_item\n"
                                "rank 3 waits in a sum (group item_dp, call 4), act sum_item\n")
          == 0);
}

static void who_is_missing_is_named_with_its_process(void)
{
    hl_rank_seen seen[RANKS];
    all_wait(seen);
    seen[1] = waiting(1, HL_WAITS_NOT, "item_dp", 4, "item_backward", 3);
    CHECK(strstr(picture(seen),
                 "rank 1 (process 101 on node7) does not wait for others, act item_backward of chunk 3\n"));
    CHECK(strstr(said, "ranks 0, 2, 3 wait in a sum"));
    seen[1].state = 'T';
    CHECK(strstr(picture(seen),
                 "rank 1 (process 101 on node7) is stopped by a signal (SIGSTOP), act item_backward of chunk 3\n"));
    seen[1].state = 'D';
    CHECK(strstr(picture(seen), "rank 1 (process 101 on node7) is inside of a call of the system"));
    seen[1].state = '?';
    CHECK(strstr(picture(seen), "rank 1 (process 101 on node7) is gone"));
    all_wait(seen);
    seen[0].state = 't';
    CHECK(strstr(
        picture(seen),
        "rank 0 (process 100 on node7) is stopped by a debugger, in a sum (group item_dp, call 5), act sum_item\n"));
}

static void a_stop_says_how_to_go_on(void)
{
    char line[400];
    hl_rank_seen r = waiting(1, HL_WAITS_REDUCE, "world", 9, "tally", -1);
    r.state = 'T';
    hl_standstill_tell_stopped(line, sizeof line, &r, "node7");
    CHECK(strcmp(line, "rank 1 (process 101 on node7) is stopped by a signal (SIGSTOP); kill -CONT 101 lets it go on")
          == 0);
}

static const test tests[] = {
    {"a job in which one moves does not hang", a_job_in_which_one_moves_does_not_hang},
    {"a job in which none moves hangs after its patience", a_job_in_which_none_moves_hangs_after_its_patience},
    {"without patience nothing hangs", without_patience_nothing_hangs},
    {"what may last is told once and ends much later", what_may_last_is_told_once_and_ends_much_later},
    {"a machine that waits for others is patient, and one with a lost rank is not",
     a_machine_that_waits_for_others_is_patient_and_one_with_a_lost_rank_is_not},
    {"a stopped rank is told once a stop", a_stopped_rank_is_told_once_a_stop},
    {"a debugger and a stopped job are not told", a_debugger_and_a_stopped_job_are_not_told},
    {"who waits together is one line", who_waits_together_is_one_line},
    {"who is missing is named with its process", who_is_missing_is_named_with_its_process},
    {"a stop says how to go on", a_stop_says_how_to_go_on},
};
HL_TESTS("standstill", tests)
