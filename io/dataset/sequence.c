/* sequence.c - the interactions of one user in the order of time. */
#include "io/dataset/sequence.h"
#include <stdbool.h>
#include <stdlib.h>

static int by_time_then_place(const void *a, const void *b)
{
    const hl_event *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static bool is_sorted(const int64_t *time, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (time[i] < time[i - 1]) return false;
    return true;
}

void hl_sequence_sort(int32_t *item, int64_t *time, uint8_t *label, int64_t n, hl_event *scratch)
{
    if (is_sorted(time, n)) return;
    for (int64_t i = 0; i < n; i++) scratch[i] = (hl_event){time[i], i, item[i], label ? label[i] : 0};
    qsort(scratch, (size_t)n, sizeof *scratch, by_time_then_place);
    for (int64_t i = 0; i < n; i++) {
        item[i] = scratch[i].item;
        time[i] = scratch[i].time;
        if (label) label[i] = scratch[i].label;
    }
}

static int by_item(const void *a, const void *b)
{
    const hl_event *x = a, *y = b;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* Of n interactions at one time: those with the item of another. */
static int64_t count_repeated(const int32_t *item, int64_t n, hl_event *scratch)
{
    int64_t repeated = 0;
    for (int64_t i = 0; i < n; i++) scratch[i].item = item[i];
    qsort(scratch, (size_t)n, sizeof *scratch, by_item);
    for (int64_t i = 1; i < n; i++) repeated += scratch[i].item == scratch[i - 1].item;
    return repeated;
}

void hl_sequence_look(hl_prepare_report *p, const int32_t *item, const int64_t *time, int64_t n, hl_event *scratch)
{
    bool has_equal_times = false;
    for (int64_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && time[next] == time[i];) next++;
        if (next == i + 1) continue;
        has_equal_times = true;
        p->interactions_repeated += count_repeated(item + i, next - i, scratch);
    }
    p->users_equal_times += has_equal_times;
    p->users_one_time += time[0] == time[n - 1];
}
