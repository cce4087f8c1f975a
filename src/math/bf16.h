/* bf16.h - products of factors that are rounded to bf16.
 *
 * bf16 is the upper half of an fp32: its exponent, and 8 bits of precision (Kalamkar et al., arXiv 1905.12322).  A
 * product of two is exact in fp32, and sums are fp32.  Processors that have instructions for it multiply several
 * times as fast; oneDNN uses them. */
#ifndef MATH_BF16_H
#define MATH_BF16_H
#include "math/product.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Was this program built with oneDNN? */
bool hl_bf16_is_built(void);

/* "oneDNN 2.6.3"; "" where it was built without. */
const char *hl_bf16_library(void);

/* And has the processor the instructions? */
bool hl_bf16_is_here(void);

/* y (n) = x, rounded to the nearest, ties to even.  NaN stays NaN, infinity too. */
void hl_bf16_round(uint16_t *y, const float *x, size_t n);
/* The same, as fp32. */
void hl_bf16_round_in_place(float *x, size_t n);

/* c (M, N) = a (M, K) b (K, N) of rounded numbers, with a as it is and b as it is or transposed; or, with add, c +=
 * a b with a transposed and b as it is.  All dense, all sizes > 0.  Only where it is here. */
void hl_bf16_product(float *c, hl_numbers a, hl_numbers b, int M, int N, int K, bool add);

#endif
