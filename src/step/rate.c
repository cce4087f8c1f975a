/* rate.c - the learning rate of each step, as the public code sets it. */
#include "step/rate.h"
#include <math.h>

double hl_rate_at(const hl_rate *r, int64_t step)
{
    double t = (double)step, T = (double)r->steps, w = r->warmup * T;
    if (r->kind == HL_RATE_CONSTANT) return r->learning_rate;
    if (t < w) return r->learning_rate * t / fmax(1, w);
    double gone = fmin(1, (t - w) / fmax(1, T - w));
    return r->learning_rate * (r->kind == HL_RATE_LINEAR ? 1 - gone : 0.5 * (1 + cos(3.14159265358979323846 * gone)));
}
