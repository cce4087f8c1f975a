/* cost-interval.c - between which seconds a step is, mostly.
 *
 * Acts of a kind are priced by the same coefficients, so their errors go together: what a kind takes is off by its
 * share, whole.  Kinds are off by chance, and so is a measurement beside the next one: squares add up. */
#include "step/cost.h"
#include "base/minmax.h"
#include <math.h>

enum { DEVIATIONS = 2 };

/* Seconds of what is priced alike. */
typedef struct {
    double layers, loss, together, rest;
} kinds;

static kinds kinds_of(const hl_cost *c)
{
    kinds k = {.rest = c->begin};
    for (int a = 0; a < HL_ACTS; a++) {
        const bool is_layers = hl_act_table[a].with == HL_WITH_STAGE;
        double *of = is_layers ? &k.layers : a == HL_LOSS ? &k.loss : hl_act_is_exchange(a) ? &k.together : &k.rest;
        *of += c->seconds[a];
    }
    /* who waits, waits for others' layers, mostly */
    const double waited = hl_min(c->waiting, k.together);
    k.layers += waited;
    k.together -= waited;
    return k;
}

hl_cost_interval hl_cost_interval_of(const hl_cost *c, const hl_machine *m)
{
    const kinds k = kinds_of(c);
    const hl_machine_off *off = &m->off;
    if (m->high > 0) return (hl_cost_interval){c->step * m->low, c->step * m->high};
    if (off->layers <= 0) return (hl_cost_interval){0};
    const double off_by = DEVIATIONS
                          * sqrt(pow(off->layers * k.layers, 2) + pow(off->loss * k.loss, 2)
                                 + pow(off->together * k.together, 2) + pow(off->repeat * c->step, 2)),
                 times = 1 + off_by / c->step;
    return (hl_cost_interval){c->step / times, c->step * times};
}
