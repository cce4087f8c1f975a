/* first.c - the first thing of its kind that any rank has found, and how many there are. */
#include "mpi/comm/first.h"
#include <math.h>

hl_first hl_first_none(int rank) { return (hl_first){.number = HL_NOTHING, .rank = rank}; }

void hl_first_note(hl_first *f, int64_t number, double value)
{
    f->count++;
    if (number >= f->number) return;
    f->number = number;
    f->value = isnan(value) ? (double)NAN : value; /* a NaN may have a sign, which tells nothing */
}

static bool is_before(const hl_first *a, const hl_first *b)
{
    return a->number != b->number ? a->number < b->number : a->rank < b->rank;
}

static void combine(void *into, const void *from, size_t n)
{
    hl_first *y = into;
    const hl_first *x = from;
    for (size_t i = 0; i < n; i++) {
        int64_t count = y[i].count + x[i].count;
        if (is_before(&x[i], &y[i])) y[i] = x[i];
        y[i].count = count;
    }
}

bool hl_first_agree(hl_first *f, const hl_group *g)
{
    hl_group_all_reduce_with(g, f, 1, sizeof *f, combine);
    return f->number != HL_NOTHING;
}
