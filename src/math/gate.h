/* gate.h - rows that multiply others, number by number; row t of the gate is `step` numbers behind row t - 1. */
#ifndef MATH_GATE_H
#define MATH_GATE_H
#include <stddef.h>

/* y (T, F) = gate times x. */
void hl_gate_forward(float *y, const float *gate, size_t step, const float *x, int T, int F);

/* dgate, which lies as gate does, and dx (T, F) are overwritten, given dy; dx may be dy. */
void hl_gate_backward(float *dgate, float *dx, const float *dy, const float *gate, size_t step, const float *x, int T,
                      int F);

#endif
