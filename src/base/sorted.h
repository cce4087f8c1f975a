/* sorted.h - numbers in ascending order, and the one in the middle. */
#ifndef BASE_SORTED_H
#define BASE_SORTED_H

/* Put x (n) in ascending order; no NaN among them. */
void hl_sorted_make(double *x, int n);

/* The median of x (n), n > 0, which is put in ascending order; the mean of the two in the middle where n is even. */
double hl_sorted_median(double *x, int n);

#endif
