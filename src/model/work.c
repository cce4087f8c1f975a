/* work.c - what a forward of a model multiplies and passes over, by shape: enough to say how long it takes. */
#include "model/work.h"
#include "base/error.h"
#include "base/minmax.h"
#include <math.h>

void hl_work_add_product(hl_work *w, double rows, double in, double out)
{
    int i = 0;
    if (rows == 0 || in == 0 || out == 0) return;
    while (i < w->products && (w->product[i].rows != rows || w->product[i].in != in || w->product[i].out != out)) i++;
    HL_CHECK(i < HL_WORK_PRODUCTS);
    if (i == w->products) w->product[w->products++] = (hl_work_product){rows, in, out, 0};
    w->product[i].times++;
}

double hl_work_flop(const hl_work *w)
{
    double flop = w->attention + w->other;
    for (int i = 0; i < w->products; i++) {
        const hl_work_product *p = &w->product[i];
        flop += 2 * p->rows * p->in * p->out * p->times;
    }
    return flop;
}

double hl_work_up(double n, int lanes) { return ceil(n / lanes) * lanes; }

double hl_work_pairs_in_strips(double L, int window, bool both_ways, int lanes)
{
    const double n = hl_work_up(L, lanes);
    if (both_ways) return n * n;
    if (!window || window >= L) return n * (n + lanes) / 2;
    return n * hl_min(n, hl_work_up(window, lanes) + lanes);
}
