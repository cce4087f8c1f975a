/* dropout.h - in training numbers are zeroed by chance, and the others made as much larger (Srivastava et al., Dropout,
 * JMLR 2014).
 *
 * What is dropped follows from what a number is: seed, step, site in the model, sample of the batch, place in the
 * sample.  It depends neither on who computes the number nor on how often: so no mask is saved, and backward and
 * recomputation draw it again.  A block of Philox decides about eight numbers by 16 bits each, so rates are multiples
 * of 1/65536. */
#ifndef MATH_DROPOUT_H
#define MATH_DROPOUT_H
#include <stdint.h>

/* One site in one step. */
typedef struct {
    uint64_t seed, step;
    int site; /* below 65536 */
    double rate;
} hl_dropout;

/* factor (n) of n numbers of a sample, of which blocks of eight are counted from `block` on: 0, or 1 / (1 - rate). */
void hl_dropout_factors(float *factor, const hl_dropout *d, int sample, uint32_t block, int n);

/* Rows of a sample, some columns of them: row i is number row[i] of sample[i], and has the columns
 * [column, column + C) of `width`. */
typedef struct {
    const int *sample, *row; /* (n) */
    int n, C, column, width;
} hl_dropout_rows;

/* x (n, C) times their factors; forward, and backward for gradients. */
void hl_dropout_apply(float *x, const hl_dropout *d, const hl_dropout_rows *r);

#endif
