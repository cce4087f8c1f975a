/* ref-ease.h - the slow twin of dealt matrices and of EASE: whole matrices, plain loops, double. */
#ifndef TESTS_REF_EASE_H
#define TESTS_REF_EASE_H
#include "data/score.h"

/* y (n, n) = the inverse of a (n, n), symmetric positive definite, by Gauss and Jordan. */
void ref_inverse(double *y, const double *a, int n);

/* value (n) = the eigenvalues of a (n, n), symmetric, ascending, by Jacobi's rotations. */
void ref_eigenvalues(double *value, const double *a, int n);

/* g (n, n), n = items - 1: in how many users' training parts items i + 1 and j + 1 are together. */
void ref_gram(double *g, const hl_corpus *c);

/* b (n, n) = I - P / diag(P), P = (G + l2 I)^-1, with a diagonal of zeros. */
void ref_ease(double *b, const hl_corpus *c, double l2);

/* A user's rank in a phase (0: the target is among the last `masked` items of the
 * history, which are not ranked) and how many others are within `margin` of the target. */
int64_t ref_ease_rank(int64_t *ties, const double *b, const hl_corpus *c, int64_t user, hl_phase phase, int masked,
                      double margin);

#endif
