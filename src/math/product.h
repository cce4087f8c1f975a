/* product.h - products whose bits do not depend on what stands beside, nor on the number of threads. */
#ifndef MATH_PRODUCT_H
#define MATH_PRODUCT_H
#include <stdbool.h>
#include <stddef.h>

/* Numbers somewhere: that of row i and column j is at[i * row + j * column]. */
typedef struct {
    const float *at;
    size_t row, column;
} hl_numbers;

/* Is c (M, N) = a (M, K) b (K, N) made faster by hl_product than by BLAS?  A rule of the sizes and the processor
 * alone. */
bool hl_product_is_faster(int M, int N, int K);

/* c (M, N), rows c_row apart, = or += a (M, K) b (K, N); K > 0.  The bits of a number of c depend on its row of a,
 * its column of b and K. */
void hl_product(float *c, size_t c_row, hl_numbers a, hl_numbers b, int M, int N, int K, bool add);

#endif
