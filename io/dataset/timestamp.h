/* timestamp.h - the times of an interactions file: whole numbers, and whether they are in one unit. */
#ifndef IO_DATASET_TIMESTAMP_H
#define IO_DATASET_TIMESTAMP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read a whole number of 64 bits: digits, with a minus where it is negative.  A number that a spreadsheet or a data
 * frame wrote as a float is taken where it is whole, exactly: 1400000000.0, 1.4e9.  Returns NULL, or why the text is
 * no timestamp and what to do. */
const char *hl_timestamp_read(int64_t *time, const char *at, size_t n);

enum { HL_TIME_SIZES = 65 }; /* bits of a time without its sign, 0 to 64 */

/* How many times there are of each size in bits, and the first time of each size.  Starts from {0}. */
typedef struct {
    int64_t count[HL_TIME_SIZES];
    int64_t line[HL_TIME_SIZES], time[HL_TIME_SIZES];
} hl_time_sizes;

/* Count a time; lines come in order. */
void hl_time_sizes_add(hl_time_sizes *s, int64_t time, int64_t line);

/* Is there a gap between sizes that one unit cannot have: seconds beside milliseconds, or 0 or -1 for a missing
 * time?  *from: the least size above the gap; *n: how many times are on the side with fewer. */
bool hl_time_sizes_gap(const int64_t count[HL_TIME_SIZES], int *from, int64_t *n);

#endif
