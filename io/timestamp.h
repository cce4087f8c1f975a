/* timestamp.h - the times of an interactions file: whole numbers, and whether they are in one unit. */
#ifndef IO_TIMESTAMP_H
#define IO_TIMESTAMP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A minus where it is negative, and digits: a whole number of 64 bits.  One that a spreadsheet or a data frame wrote as
 * a float is taken where it is whole, exactly: 1400000000.0, 1.4e9.  NULL, or why it is none and what to do. */
const char *hl_timestamp_read(int64_t *time, const char *at, size_t n);

enum { HL_TIME_SIZES = 65 }; /* bits of a time without its sign, 0 to 64 */

/* How many times there are of each size, and the first of them.  Starts from {0}. */
typedef struct {
    int64_t count[HL_TIME_SIZES];
    int64_t line[HL_TIME_SIZES], time[HL_TIME_SIZES];
} hl_time_sizes;

/* Lines come in order. */
void hl_time_sizes_add(hl_time_sizes *s, int64_t time, int64_t line);

/* Are there times of so many bits or more, and others so much smaller that they cannot be in one unit (seconds beside
 * milliseconds; 0 or -1 for a time that is missing)?  *from: the least size of the larger ones; *n: how many times are
 * on the smaller side.  False: none are. */
bool hl_time_sizes_gap(const int64_t count[HL_TIME_SIZES], int *from, int64_t *n);

#endif
