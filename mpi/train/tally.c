/* tally.c - the small facts of a step, agreed by all ranks in one reduction. */
#include "mpi/train/tally.h"

hl_fact hl_fact_of(double value, int who) { return (hl_fact){value, value, value, who}; }

void hl_tally_clear(hl_tally *t, int rank)
{
    for (int i = 0; i < HL_FACTS; i++) t->fact[i] = hl_fact_of(0, rank);
}

void hl_tally_put(hl_tally *t, int fact, double value)
{
    hl_fact *f = &t->fact[fact];
    f->sum = f->min = f->max = value;
}

static void combine_facts(void *into, const void *from, size_t n)
{
    hl_fact *y = into;
    const hl_fact *x = from;
    for (size_t i = 0; i < n; i++) {
        y[i].sum += x[i].sum;
        if (x[i].min < y[i].min) y[i].min = x[i].min;
        if (x[i].max > y[i].max) {
            y[i].max = x[i].max;
            y[i].who = x[i].who;
        }
    }
}

void hl_facts_agree(hl_fact *fact, size_t n, const hl_group *g)
{
    hl_group_all_reduce_with(g, fact, n, sizeof *fact, combine_facts);
}

void hl_tally_agree(hl_tally *t, const hl_group *g) { hl_facts_agree(t->fact, HL_FACTS, g); }
