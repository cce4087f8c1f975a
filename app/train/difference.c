/* difference.c - where two lines of ledgers differ, and by how much. */
#include "app/train/difference.h"
#include <math.h>

const char *const hl_in_phase_name[HL_IN_PHASES] = {"loss", "gradients", "weights"};

static void note(hl_difference *d, const char *name, double by, double tolerance)
{
    if (by <= tolerance) {
        if (!d->close || by > d->close_by) d->close = name, d->close_by = by;
        return;
    }
    if (d->differ == 0) d->first = name, d->first_by = by;
    if (d->differ == 0 || by > d->largest_by) d->largest = name, d->largest_by = by;
    d->differ++;
}

static hl_difference in_loss(const hl_ledger_line *a, const hl_ledger_line *b, double tolerance)
{
    hl_difference d = {.tensors = 1};
    double most = fmax(fabs(a->loss), fabs(b->loss)), by = isnan(a->loss) || isnan(b->loss) ? INFINITY
                                                           : most > 0 ? fabs(a->loss - b->loss) / most
                                                                      : 0;
    if (a->loss_bits != b->loss_bits) note(&d, NULL, by, tolerance);
    return d;
}

static const hl_sketch *of_phase(const hl_ledger_tensor *t, hl_in_phase phase)
{
    return phase == HL_IN_GRADIENTS ? &t->gradient : &t->weight;
}

static hl_difference in_tensors(hl_in_phase phase, const hl_ledger_line *a, const hl_ledger_line *b, double tolerance)
{
    hl_difference d = {0};
    for (int k = 0; k < a->n; k++) {
        const hl_ledger_tensor *t = &a->tensor[k], *other = hl_ledger_line_find(b, t->name, k);
        const hl_sketch *x = of_phase(t, phase), *y = other ? of_phase(other, phase) : NULL;
        d.tensors++;
        if (!y || x->digest != y->digest) note(&d, t->name, y ? hl_sketch_difference(x, y) : INFINITY, tolerance);
    }
    for (int k = 0; k < b->n; k++) {
        if (hl_ledger_line_find(a, b->tensor[k].name, k)) continue;
        d.tensors++;
        note(&d, b->tensor[k].name, INFINITY, tolerance);
    }
    return d;
}

hl_difference hl_difference_in(hl_in_phase phase, const hl_ledger_line *a, const hl_ledger_line *b, double tolerance)
{
    return phase == HL_IN_LOSS ? in_loss(a, b, tolerance) : in_tensors(phase, a, b, tolerance);
}
