/* sequence.h - the interactions of one user in the order of time. */
#ifndef IO_DATASET_SEQUENCE_H
#define IO_DATASET_SEQUENCE_H
#include "io/dataset/report.h"
#include <stdint.h>

/* An interaction, while they are put in order. */
typedef struct {
    int64_t time, place;
    int32_t item;
    uint8_t label;
} hl_event;

/* Put items, times and labels (n), which come in the order of the file, in the order of time; equal times stay as they
 * are.  label: NULL where there are none.  scratch (n). */
void hl_sequence_sort(int32_t *item, int64_t *time, uint8_t *label, int64_t n, hl_event *scratch);

/* Count what is odd about a sequence in the order of time: equal times, and one item twice at one time. */
void hl_sequence_look(hl_prepare_report *p, const int32_t *item, const int64_t *time, int64_t n, hl_event *scratch);

#endif
