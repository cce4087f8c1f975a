/* calibrate-model.h - what a model's work takes this machine: the coefficients of step/machine.h. */
#ifndef APP_BENCH_CALIBRATE_MODEL_H
#define APP_BENCH_CALIBRATE_MODEL_H
#include "app/bench/bench-measure.h"
#include "step/machine.h"

/* Products, and those of panels on a grid: measured over shapes that span those of models, from the smallest to 2048
 * wide, and fitted; with the threads that products use now.  Collective over the meter's ranks, the same on all. */
void hl_calibrate_products(hl_coefficients *fit, const hl_meter *m);

/* Attention, and what is left of whole micro-batches when the products (of fit) and attention are taken off; how far
 * all together are off, relative to these micro-batches (root of the mean square). */
double hl_calibrate_layers(hl_coefficients *fit, const hl_meter *m);

/* How late the slowest rank is by chance (step/noise.h); nothing where there is one. */
void hl_calibrate_noise(hl_noise *noise, const hl_meter *m);

/* Passes over long arrays; the loss; what ranks do together, within a node and between nodes, where there are several.
 * How far the latter two are off.  As many ranks are on each node. */
void hl_calibrate_numbers(hl_coefficients *fit, const hl_meter *m);
double hl_calibrate_loss(hl_coefficients *fit, const hl_meter *m);
double hl_calibrate_together(hl_coefficients *fit, const hl_meter *m);

#endif
