/* test-saving.c - a save that fails is tried again at growing gaps, until too much work is at stake. */
#include "app/train/saving.h"
#include "tests/check.h"

/* Steps of so many seconds, each save of which fails: the steps of the tries, and the one at which the job ends. */
static int64_t fail_on(hl_saving *s, double seconds, int64_t tries[], int most)
{
    int n = 0;
    for (int64_t step = 1; step < 10000; step++) {
        const double now = seconds * (double)step;
        const bool is_try = s->failures == 0 || hl_saving_is_due(s, step) || hl_saving_is_urgent(s, now);
        if (!is_try) continue;
        if (n < most) tries[n++] = step;
        if (hl_saving_failed(s, step, now - s->since)) return step;
    }
    return -1;
}

static void it_is_tried_at_the_next_step_then_at_growing_gaps(void)
{
    static const int64_t expected[] = {1, 2, 4, 8, 16, 32, 64, 96, 128};
    enum { N = sizeof expected / sizeof expected[0] };
    int64_t tries[N] = {0};
    hl_saving s = hl_saving_begin(30, 0);
    CHECK(fail_on(&s, 1, tries, N) == 1800);
    for (int i = 0; i < N; i++) CHECK(tries[i] == expected[i]);
}

static void long_steps_do_not_outlast_the_patience(void)
{
    int64_t tries[20];
    hl_saving s = hl_saving_begin(30, 0);
    CHECK(fail_on(&s, 600, tries, 20) == 3);
    s = hl_saving_begin(30, 0);
    CHECK(fail_on(&s, 70, tries, 20) == 26); /* between two tries */
}

static void without_patience_the_first_failure_is_the_last(void)
{
    int64_t tries[1];
    hl_saving s = hl_saving_begin(0, 0);
    CHECK(fail_on(&s, 1, tries, 1) == 1);
}

static void a_good_save_gives_all_patience_back(void)
{
    hl_saving s = hl_saving_begin(1, 0);
    CHECK(!hl_saving_is_due(&s, 5) && !hl_saving_is_urgent(&s, 1000)); /* nothing has failed */
    CHECK(!hl_saving_failed(&s, 5, 59) && hl_saving_is_due(&s, 6) && hl_saving_is_urgent(&s, 60)
          && !hl_saving_is_urgent(&s, 59));
    CHECK(!hl_saving_failed(&s, 6, 59.5) && !hl_saving_is_due(&s, 7) && hl_saving_is_due(&s, 8));
    hl_saving_done(&s, 100);
    CHECK(!hl_saving_is_due(&s, 1000) && !hl_saving_is_urgent(&s, 1000));
    CHECK(!hl_saving_failed(&s, 9, 20) && hl_saving_is_due(&s, 10)); /* gaps begin anew */
    CHECK(!hl_saving_is_urgent(&s, 159) && hl_saving_is_urgent(&s, 160));
}

static void at_the_end_there_are_a_few_tries_within_seconds(void)
{
    double all = 0;
    int n = 0;
    CHECK(hl_saving_wait(0) == 0);
    for (; n < 100 && hl_saving_wait(n) >= 0; n++) all += hl_saving_wait(n);
    CHECK(n >= 3 && n < 10 && all > 1 && all < 10);
}

static const test tests[] = {
    {"it is tried at the next step, then at growing gaps", it_is_tried_at_the_next_step_then_at_growing_gaps},
    {"long steps do not outlast the patience", long_steps_do_not_outlast_the_patience},
    {"without patience the first failure is the last", without_patience_the_first_failure_is_the_last},
    {"a good save gives all patience back", a_good_save_gives_all_patience_back},
    {"at the end there are a few tries within seconds", at_the_end_there_are_a_few_tries_within_seconds},
};
HL_TESTS("saving", tests)
