/* test-pace.c - a machine that becomes slow is noticed once, and texts of other lengths are not. */
#include "app/train/pace.h"
#include "tests/check.h"
#include <string.h>

/* How often n steps of so many seconds, every second one half as long, bring a sentence; the last sentence is kept. */
static const char *said;
static int note(hl_pace *p, int n, double seconds)
{
    int times = 0;
    for (int i = 0; i < n; i++) {
        const char *sentence = hl_pace_note(p, i % 2 ? seconds / 2 : seconds);
        if (sentence) said = sentence, times++;
    }
    return times;
}

static void an_even_pace_says_nothing(void)
{
    hl_pace p = {0}, slow_from_the_start = {0};
    CHECK(note(&p, 100, 1) == 0 && note(&p, 100, 4) == 0);
    CHECK(note(&slow_from_the_start, 100, 1000) == 0);
}

static void steps_that_become_ten_times_as_slow_are_told_once(void)
{
    hl_pace p = {0};
    CHECK(note(&p, 20, 1) == 0);
    CHECK(note(&p, 30, 40) == 1 && strstr(said, "the first ones of this job 1 s") != NULL);
    CHECK(note(&p, 30, 40) == 0);
}

static void a_few_slow_steps_are_not_told(void)
{
    hl_pace p = {0};
    note(&p, 20, 1);
    CHECK(note(&p, HL_PACE_WINDOW - 1, 100) == 0 && note(&p, 1, 1) == 0 && note(&p, HL_PACE_WINDOW - 1, 100) == 0);
}

static void the_first_step_may_be_slow(void)
{
    hl_pace p = {.forecast = 0.1};
    CHECK(note(&p, 1, 100) == 0 && note(&p, 50, 0.2) == 0);
}

static void steps_slower_than_a_calibrated_forecast_are_told_early(void)
{
    hl_pace p = {.forecast = 0.1};
    CHECK(note(&p, HL_PACE_WINDOW + 1, 4) == 1 && strstr(said, "the calibration forecasts 0.1 s") != NULL);
}

static void what_is_short_is_never_slow(void)
{
    hl_pace p = {.forecast = 1e-5};
    CHECK(note(&p, 50, 0.02) == 0);
}

static void patience_is_what_was_asked_or_twenty_forecast_steps(void)
{
    CHECK_NEAR(hl_pace_patience(5, 100), 5, 0);
    CHECK_NEAR(hl_pace_patience(0, 100), 0, 0);
    CHECK_NEAR(hl_pace_patience(-1, 100), 2000, 0);
    CHECK_NEAR(hl_pace_patience(-1, 0.01), 120, 0);
    CHECK(hl_pace_patience(-1, 0) > 600);
}

static const test tests[] = {
    {"an even pace says nothing", an_even_pace_says_nothing},
    {"steps that become ten times as slow are told once", steps_that_become_ten_times_as_slow_are_told_once},
    {"a few slow steps are not told", a_few_slow_steps_are_not_told},
    {"the first step may be slow", the_first_step_may_be_slow},
    {"steps slower than a calibrated forecast are told early", steps_slower_than_a_calibrated_forecast_are_told_early},
    {"what is short is never slow", what_is_short_is_never_slow},
    {"patience is what was asked, or twenty forecast steps", patience_is_what_was_asked_or_twenty_forecast_steps},
};
HL_TESTS("pace", tests)
