/* clock.h - seconds that only go forward. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double hl_seconds(void);

#endif
