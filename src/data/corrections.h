/* corrections.h - p-values of several tests together.
 *
 * Of many tests some are below any level by chance.  An adjusted value is held against the level as a single one's
 * would be. */
#ifndef DATA_CORRECTIONS_H
#define DATA_CORRECTIONS_H

/* adjusted (n) of p (n): so that the chance of any false one among all is below the level (Holm, A Simple Sequentially
 * Rejective Multiple Test Procedure, 1979). */
void hl_correct_holm(double *adjusted, const double *p, int n);

/* So that of those below the level the share of false ones is below it on average (Benjamini and Hochberg, Controlling
 * the False Discovery Rate, 1995). */
void hl_correct_benjamini_hochberg(double *adjusted, const double *p, int n);

#endif
