/* samples.h - what has been measured of many shapes, and the coefficients that follow from it. */
#ifndef APP_BENCH_SAMPLES_H
#define APP_BENCH_SAMPLES_H
#include "app/bench/bench-measure.h"
#include "app/bench/fit.h"
#include "step/machine.h"

enum { HL_SAMPLES_MOST = 64 };

/* Of each shape: terms, seconds forward and backward, and what errors are relative to. */
typedef struct {
    int n, terms;
    double x[HL_SAMPLES_MOST * HL_FIT_TERMS], y[HL_WAYS][HL_SAMPLES_MOST], scale[HL_WAYS][HL_SAMPLES_MOST];
} hl_samples;

/* x (terms) is copied. */
void hl_samples_add(hl_samples *s, const double *x, const double seconds[HL_WAYS], const double whole[HL_WAYS]);

/* Coefficients (terms) of both ways; the root of the mean square of what they are off, relative to the scale, over both
 * ways. */
double hl_samples_fit(double *forward, double *backward, const hl_samples *s);

/* Seconds of both, at the meter's speed. */
void hl_samples_measure(double seconds[HL_WAYS], const hl_meter *m, void (*forward)(void *), void (*backward)(void *),
                        void *self);

#endif
