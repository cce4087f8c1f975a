/* test-calendar.c - the parts of a time are those that the system's library finds, over all years that tables have. */
#include "base/rng.h"
#include "data/calendar.h"
#include "tests/check.h"
#include <time.h>

static void compare(int64_t time)
{
    int part[HL_CALENDAR_PARTS];
    struct tm t;
    const time_t same = (time_t)time;
    hl_calendar_split(part, time);
    if (!CHECK(gmtime_r(&same, &t))) return;
    const int want[HL_CALENDAR_PARTS] = {t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec};
    for (int i = 0; i < HL_CALENDAR_PARTS; i++) CHECK(part[i] == want[i] && part[i] < hl_calendar_size[i]);
}

enum { DAY = 24 * 60 * 60 };
static const int64_t first = -62135596800, last = 4102444799; /* of the year 1, and of 2099 */

static void parts_are_those_of_the_system(void)
{
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 30, 0);
    for (int64_t day = -140 * 366; day <= last / DAY; day++) compare(day * DAY - 1), compare(day * DAY);
    for (int i = 0; i < 20000; i++) compare(first + (int64_t)hl_rng_below(&r, (uint64_t)(last - first + 1)));
    compare(first);
    compare(last);
}

static void tables_end_with_the_century(void)
{
    CHECK(hl_calendar_has(first) && !hl_calendar_has(first - 1));
    CHECK(hl_calendar_has(last) && !hl_calendar_has(last + 1));
    CHECK(hl_calendar_has(0) && !hl_calendar_has(1577836800000)); /* milliseconds */
}

static const test tests[] = {
    {"parts are those of the system's library", parts_are_those_of_the_system},
    {"tables end with the century", tables_end_with_the_century},
};
HL_TESTS("calendar", tests)
