/* rope.h - rotary positions, "rotate half" (Su et al., arXiv 2104.09864; Hugging Face's Llama).
 *
 * A head's halves (a, b) of width d/2 turn by the angle position * theta^(-2i/d), or a scaled one (rope-scaling.h):
 * a' = a cos - b sin, b' = b cos + a sin. */
#ifndef MATH_ROPE_H
#define MATH_ROPE_H
#include "math/rope-scaling.h"

/* table (positions, d): cosines of the d/2 angles, then their sines, computed in double, times the attention factor of
 * the scaling, so that scores are multiplied by its square.  s: NULL is none. */
void hl_rope_table(float *table, int positions, int d, double theta, const hl_rope_scaling *s);

/* Turn `heads` heads of width d in place; head h of token t begins at x[t * stride + h * d].
 * position (T) indexes the table.  Forward: sign +1; backward (the transpose): sign -1. */
void hl_rope_turn(float *x, const int *position, const float *table, int T, int heads, int d, int stride, int sign);

#endif
