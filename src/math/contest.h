/* contest.h - scores of rows against negatives, tile by tile, for any criterion whose loss is made of them.
 *
 * A criterion gives a rule: what a row's scores mean together (summarise), how two such summaries are one (combine),
 * and the gradient with respect to each score (slopes).  Order of sums: negatives from left to right, rows from the
 * first on, whatever the number of threads. */
#ifndef MATH_CONTEST_H
#define MATH_CONTEST_H
#include "math/criterion.h"

enum { HL_CONTEST_PART = 64 }; /* bytes that a summary may have, which is made of doubles */

/* A row, and n of its negatives; those with alike > thres are left out. */
typedef struct {
    float *score;           /* (n) u . n_k; slopes overwrites it */
    const float *alike;     /* (n) p . n_k */
    const float *log_m, *m; /* (n) multiplicity, and its logarithm */
    int n;
    float s, thres, l0;
} hl_contest_row;

typedef struct {
    size_t size;         /* bytes of a summary, at most HL_CONTEST_PART */
    const void *nothing; /* the summary of no negatives */
    void (*summarise)(void *part, const hl_contest_row *x);
    void (*combine)(void *into, const void *from); /* into = into with from */
    /* score (n) = s weight d(loss of the row)/d(logit of k), 0 where left out; dLoss/ds through these negatives. */
    double (*slopes)(const hl_contest_row *x, double state, float weight);
} hl_contest_rule;

/* part (R) = summaries of the negatives of x.  Local. */
void hl_contest_forward(void *part, const hl_contest_rule *rule, const hl_contest *x, hl_arena *scratch);

/* du (R, D) += , dn (K, D) += (NULL: not wanted), given the criterion's state (R) and weight (R); dLoss/ds through the
 * negatives of x.  Local. */
double hl_contest_backward(const hl_contest_rule *rule, float *du, float *dn, const double *state, const float *weight,
                           const hl_contest *x, hl_arena *scratch);

#endif
