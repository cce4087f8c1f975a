/* noise.c - how much later the slowest of several ranks is, by chance, than ranks are on average.
 *
 * Between measured sizes, and beyond them, a share is a power of the seconds.  Other numbers of ranks: the largest of p
 * independent numbers is above their mean by about log(p)^0.8, if these are distributed normally (p from 2 to 64:
 * within 5 %). */
#include "step/noise.h"
#include "base/minmax.h"
#include <math.h>

/* Of a line through the logarithms of x and y around `at`. */
static double power_at(const double *x, const double *y, int n, double at)
{
    int k = 1;
    if (n == 1 || at <= x[0]) return y[0];
    while (k < n - 1 && x[k] < at) k++;
    const double slope = log(y[k] / y[k - 1]) / log(x[k] / x[k - 1]);
    return y[k - 1] * pow(at / x[k - 1], at > x[k] ? hl_min(slope, 0) : slope);
}

double hl_noise_share(const hl_noise *c, double seconds, int p)
{
    if (c->n == 0 || p == 1 || seconds <= 0) return 0;
    const double share = power_at(c->seconds, c->share, c->n, seconds),
                 most = power_at(c->seconds, c->most, c->n, seconds);
    return hl_min(share * pow(log(p) / log(c->ranks), 0.8), hl_max(share, most));
}
