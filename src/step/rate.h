/* rate.h - the learning rate of each step, as the public code sets it.
 *
 * Constant is constant from the first step.  The others warm up linearly from 0 over `warmup` (a fraction of all steps,
 * not rounded), so that the first step has rate 0; then cosine 0.5 (1 + cos(pi (t - w) / (T - w))) or linear
 * (T - t) / (T - w). */
#ifndef STEP_RATE_H
#define STEP_RATE_H
#include <stdint.h>

typedef enum { HL_RATE_CONSTANT, HL_RATE_LINEAR, HL_RATE_COSINE } hl_rate_kind;

typedef struct {
    hl_rate_kind kind;
    double learning_rate, warmup;
    int64_t steps; /* T: of the whole training */
} hl_rate;

double hl_rate_at(const hl_rate *r, int64_t step);

#endif
