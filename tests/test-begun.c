/* test-begun.c - what a checkpoint keeps of an evaluation is read back as it was written, to the last bit. */
#include "tests/check.h"
#include "app/train/begun.h"
#include "data/metric.h"
#include "app/train/state.h"
#include <stdlib.h>
#include <string.h>

static const int cuts[] = {5, 10, 200};

static hl_begun some(void)
{
    hl_begun b = {true, HL_TEST, hl_score_at(cuts, 3), .is_whole = true};
    for (int u = 0; u < 1000; u++) hl_score_add(&b.score, u % 13 ? 1 + u * u % 300 : 0, u % 7);
    b.score.has_lists = true;
    for (int m = 0; m < hl_metric_table_n; m++)
        for (int k = 0; k < 3 && hl_metric_table[m].of_lists; k++) b.score.list[m][k] = 1 / (3. + m + k);
    return b;
}

static void it_is_read_back_to_the_last_bit(void)
{
    hl_state s = {.step = 7, .best = 0.1, .due = true, .begun = some(), .metrics = {9, UINT64_MAX - 1}}, back;
    char *text = hl_state_text(&s, NULL);
    CHECK_OK(hl_state_read(&back, text, "here"));
    CHECK(back.due && back.begun.is_there && back.begun.phase == HL_TEST && back.begun.is_whole);
    CHECK(back.metrics.lines == 9 && back.metrics.digest == UINT64_MAX - 1 && back.ledger.lines == 0);
    CHECK(memcmp(&back.begun.score, &s.begun.score, sizeof s.begun.score) == 0);
    free(text);
}

static void none_is_none(void)
{
    hl_state s = {.step = 7}, back;
    char *text = hl_state_text(&s, NULL);
    CHECK_OK(hl_state_read(&back, text, "here"));
    CHECK(!back.due && !back.begun.is_there);
    free(text);
}

static void a_state_of_an_earlier_version_has_none(void)
{
    hl_state back;
    CHECK_OK(hl_state_read(&back,
                           "{\"step\": 3, \"updates\": 3, \"epoch_loss\": 0.5, \"epoch_steps\": 3, \"best\": -1.0, "
                           "\"best_step\": 0, \"bad\": 0, "
                           "\"ended\": false, \"data\": \"0000000000000001\", \"config\": \"0000000000000002\"}",
                           "here"));
    CHECK(back.step == 3 && !back.due && !back.begun.is_there);
}

static void a_state_that_no_training_can_have_come_to_is_refused(void)
{
    const hl_state all[] = {{.step = -1},
                            {.step = 3, .updates = 4},
                            {.step = 3, .updates = -1},
                            {.step = 3, .epoch_steps = 4},
                            {.step = 3, .best = 0.5, .best_step = 4},
                            {.step = 3, .best = 0.5, .best_step = -4},
                            {.step = 3, .bad = -1}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        hl_state back;
        char *text = hl_state_text(&all[i], NULL);
        CHECK_FAILS(hl_state_read(&back, text, "here"), HL_EFORMAT, "here: its training state cannot be");
        free(text);
    }
}

static void another_phase_or_other_cuts_begin_anew(void)
{
    hl_begun b = some();
    const int others[] = {5, 10, 100};
    CHECK(hl_begun_for(&b, HL_TEST, cuts, 3) == &b.score);
    CHECK(hl_begun_for(&b, HL_VALID, cuts, 3) == NULL);
    CHECK(hl_begun_for(&b, HL_TEST, others, 3) == NULL);
    CHECK(hl_begun_for(&b, HL_TEST, cuts, 2) == NULL);
}

static void what_is_not_one_is_none(void)
{
    static const char *const texts[] = {"{}", "[]",
                                        ("{\"phase\": \"valid\", \"cuts\": [5], \"users\": 3, \"repeated\": 0, "
                                         "\"tied\": 0, \"ties\": 0.0, \"gains\": []}")};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hl_begun b;
        json_t *x = json_loads(texts[i], 0, NULL);
        CHECK(x && !hl_begun_read(&b, x) && !b.is_there);
        json_decref(x);
    }
}

static const test tests[] = {
    {"it is read back to the last bit", it_is_read_back_to_the_last_bit},
    {"none is none", none_is_none},
    {"a state of an earlier version has none", a_state_of_an_earlier_version_has_none},
    {"a state that no training can have come to is refused", a_state_that_no_training_can_have_come_to_is_refused},
    {"another phase or other cuts begin anew", another_phase_or_other_cuts_begin_anew},
    {"what is not one is none", what_is_not_one_is_none},
};
HL_TESTS("begun", tests)
