/* samples.c - what has been measured of many shapes, and the coefficients that follow from it. */
#include "app/bench/samples.h"
#include <math.h>

void hl_samples_add(hl_samples *s, const double *x, const double seconds[HL_WAYS], const double whole[HL_WAYS])
{
    HL_CHECK(s->n < HL_SAMPLES_MOST);
    for (int t = 0; t < s->terms; t++) s->x[s->n * s->terms + t] = x[t];
    for (int way = 0; way < HL_WAYS; way++) {
        s->y[way][s->n] = seconds[way];
        s->scale[way][s->n] = whole[way];
    }
    s->n++;
}

/* The sum of squares of what a is off. */
static double off(const double *a, const hl_samples *s, int way)
{
    double sum = 0;
    for (int i = 0; i < s->n; i++) {
        double by = -s->y[way][i];
        for (int t = 0; t < s->terms; t++) by += a[t] * s->x[i * s->terms + t];
        sum += pow(by / s->scale[way][i], 2);
    }
    return sum;
}

double hl_samples_fit(double *forward, double *backward, const hl_samples *s)
{
    double *const a[HL_WAYS] = {forward, backward}, squares = 0;
    for (int way = 0; way < HL_WAYS; way++) {
        hl_fit(a[way], s->x, s->y[way], s->scale[way], s->n, s->terms);
        squares += off(a[way], s, way);
    }
    return sqrt(squares / (HL_WAYS * s->n));
}

void hl_samples_measure(double seconds[HL_WAYS], const hl_meter *m, void (*forward)(void *), void (*backward)(void *),
                        void *self)
{
    seconds[HL_FORWARD_WAY] = hl_meter_seconds(m, forward, self);
    seconds[HL_BACKWARD_WAY] = hl_meter_seconds(m, backward, self);
}
