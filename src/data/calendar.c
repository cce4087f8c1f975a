/* calendar.c - year, month, day, hour, minute and second of a time in UTC.
 *
 * Years begin in March, so that the day that is there in some years alone is a year's last: then 400 years are 146097
 * days, and months of a year begin at days (153 m + 2) / 5. */
#include "data/calendar.h"

const char *const hl_calendar_name[HL_CALENDAR_PARTS] = {"year", "month", "day", "hour", "minute", "second"};
const int hl_calendar_size[HL_CALENDAR_PARTS] = {HL_CALENDAR_LAST_YEAR + 1, 13, 32, 24, 60, 60};

/* Years 1 and 2100 begin. */
static const int64_t first = -62135596800, end = 4102444800;
enum { DAY = 24 * 60 * 60, CYCLE = 146097, FROM_0000_03_01 = 719468 };

bool hl_calendar_has(int64_t time) { return time >= first && time < end; }

static int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

void hl_calendar_split(int part[HL_CALENDAR_PARTS], int64_t time)
{
    const int64_t days = floor_divide(time, DAY), day = days + FROM_0000_03_01, cycle = floor_divide(day, CYCLE);
    const int in_cycle = (int)(day - cycle * CYCLE),
              year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365,
              in_year = in_cycle - (365 * year + year / 4 - year / 100), march = (5 * in_year + 2) / 153,
              second = (int)(time - days * DAY);
    part[1] = march < 10 ? march + 3 : march - 9;
    part[0] = (int)(400 * cycle) + year + (part[1] <= 2);
    part[2] = in_year - (153 * march + 2) / 5 + 1;
    part[3] = second / 3600;
    part[4] = second / 60 % 60;
    part[5] = second % 60;
}
