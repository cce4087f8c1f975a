/* norm.h - a sum of squares that does not depend on the order of its terms.
 *
 * Each square, as a share of the largest possible one, is cut to 60 bits behind the point and added as integers,
 * which have no rounding: whoever adds which of them, the sum is the same.  Terms below 2^-60 of the largest are
 * lost. */
#ifndef MATH_NORM_H
#define MATH_NORM_H
#include <stddef.h>
#include <stdint.h>

/* The upper 30 bits of all squares, and the lower ones: for up to 2^33 numbers. */
typedef struct {
    int64_t upper, lower;
} hl_squares;

/* max(most, |x|) over n numbers; NaN where one of them is not finite. */
float hl_largest(float most, const float *x, size_t n);

/* Add the squares of n numbers, none above most > 0. */
void hl_squares_add(hl_squares *s, const float *x, size_t n, float most);

/* What they sum up to. */
double hl_squares_sum(const hl_squares *s, float most);

#endif
