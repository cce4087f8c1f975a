/* calendar.h - year, month, day, hour, minute and second of a time in UTC (Gregorian calendar). */
#ifndef DATA_CALENDAR_H
#define DATA_CALENDAR_H
#include <stdbool.h>
#include <stdint.h>

enum { HL_CALENDAR_PARTS = 6, HL_CALENDAR_LAST_YEAR = 2099 };

/* A part's name, and one more than its largest value: 2100, 13, 32, 24, 60, 60. */
extern const char *const hl_calendar_name[HL_CALENDAR_PARTS];
extern const int hl_calendar_size[HL_CALENDAR_PARTS];

/* Is a time, in seconds since 1970, of the years 1 to HL_CALENDAR_LAST_YEAR? */
bool hl_calendar_has(int64_t time);

/* Its parts. */
void hl_calendar_split(int part[HL_CALENDAR_PARTS], int64_t time);

#endif
