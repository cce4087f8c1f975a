/* test-acts.c - what is published of an act is what others read. */
#include "tests/check.h"
#include "base/acts.h"
#include "base/stop.h"
#include <string.h>

static hl_acts_seen seen_of(hl_acts *record)
{
    hl_acts_seen s;
    hl_acts_read(&s, record);
    return s;
}

static void an_act_is_read_as_it_was_begun(void)
{
    hl_acts record = {0};
    hl_acts_into(&record);
    hl_act_begin("item_backward", 7);
    const hl_acts_seen s = seen_of(&record);
    CHECK(strcmp(s.act, "item_backward") == 0 && s.micro_batch == 7 && s.waits == HL_WAITS_NOT && s.moves == 1);
    hl_acts_into(NULL);
}

static void waiting_is_read_until_it_goes_on(void)
{
    hl_acts record = {0};
    hl_acts_into(&record);
    hl_act_begin("sum_item", -1);
    hl_act_wait(HL_WAITS_REDUCE, "item_dp", 51234);
    hl_acts_seen s = seen_of(&record);
    CHECK(s.waits == HL_WAITS_REDUCE && strcmp(s.group, "item_dp") == 0 && s.call == 51234
          && strcmp(s.act, "sum_item") == 0);
    hl_act_go_on();
    s = seen_of(&record);
    CHECK(s.waits == HL_WAITS_NOT && s.moves == 3);
    hl_acts_into(NULL);
}

static void names_too_long_are_cut_and_shorter_ones_leave_nothing_behind(void)
{
    hl_acts record = {0};
    char name[100];
    memset(name, 'x', sizeof name);
    name[99] = 0;
    hl_acts_into(&record);
    hl_act_begin(name, -1);
    hl_act_wait(HL_WAITS_BROADCAST, name, 0);
    hl_acts_seen s = seen_of(&record);
    CHECK(strlen(s.act) == HL_ACT_TEXT && strlen(s.group) == HL_ACT_GROUP);
    hl_act_begin("loss", 0);
    hl_act_wait(HL_WAITS_BROADCAST, "world", 1);
    s = seen_of(&record);
    CHECK(strcmp(s.act, "loss") == 0 && strcmp(s.group, "world") == 0);
    hl_acts_into(NULL);
}

static void every_sign_of_life_moves(void)
{
    hl_acts record = {0};
    hl_acts_into(&record);
    hl_act_tick();
    CHECK(seen_of(&record).moves == 1);
    CHECK_OK(hl_stop_check("counting"));
    CHECK(seen_of(&record).moves == 2);
    hl_act_long();
    hl_act_long();
    CHECK(seen_of(&record).moves == 4 && seen_of(&record).is_long);
    hl_act_long_is_over();
    CHECK(seen_of(&record).is_long);
    hl_act_long_is_over();
    CHECK(seen_of(&record).moves == 6 && !seen_of(&record).is_long);
    hl_acts_into(NULL);
}

static void without_a_record_acts_go_nowhere_else(void)
{
    hl_acts record = {0};
    hl_acts_into(&record);
    hl_acts_into(NULL);
    hl_act_begin("loss", 0);
    CHECK(seen_of(&record).moves == 0 && seen_of(hl_acts_mine()).moves > 0);
}

static const test tests[] = {
    {"an act is read as it was begun", an_act_is_read_as_it_was_begun},
    {"waiting is read until it goes on", waiting_is_read_until_it_goes_on},
    {"names too long are cut, and shorter ones leave nothing behind",
     names_too_long_are_cut_and_shorter_ones_leave_nothing_behind},
    {"every sign of life moves", every_sign_of_life_moves},
    {"without a record acts go nowhere else", without_a_record_acts_go_nowhere_else},
};
HL_TESTS("acts", tests)
