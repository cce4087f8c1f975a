/* nce.h - one rank's part of the contrastive loss (InfoNCE), in tiles, without a matrix of logits: hl_criterion_nce.
 *
 * Row r has a unit user vector u_r, the unit vector p_r of its target and the logit of that target,
 * l0_r = s u_r . p_r.  Negative k has a unit vector n_k and was drawn m_k times:
 *     l_rk = s u_r . n_k + log m_k,   left out where p_r . n_k > thres   (a false negative).
 * Loss of a row: log(exp l0_r + sum_k exp l_rk) - l0_r.
 *
 * Every holder of negatives summarises its own (hl_nce_forward); summaries are combined in a fixed order
 * (hl_nce_combine); each holder then turns the whole sum into its gradients (hl_nce_backward). */
#ifndef MATH_NCE_H
#define MATH_NCE_H
#include "math/criterion.h"

/* What some of the negatives mean to a row.  All doubles, so that it travels as five numbers. */
typedef struct {
    double max;    /* largest logit so far; -INFINITY: none */
    double sum;    /* sum of exp(logit - max) */
    double kept;   /* negatives that count, with multiplicity */
    double masked; /* negatives left out, with multiplicity */
    double above;  /* kept ones, with multiplicity, whose score s u.n is strictly above l0 */
} hl_nce_part;

/* part (R) = summary of the negatives of x. */
void hl_nce_forward(hl_nce_part *part, const hl_contest *x, hl_arena *scratch);

/* into = into with from; order matters to the last bit. */
void hl_nce_combine(hl_nce_part *into, const hl_nce_part *from);

/* Log of exp l0 + sum of the negatives. */
double hl_nce_lse(const hl_nce_part *whole, double l0);

/* With lse (R) of the whole row and weight (R) = dLoss/d(loss of row r), add this holder's share:
 * du (R, D) += , dn (K, D) += , and return its share of dLoss/ds (through the negatives alone). */
double hl_nce_backward(float *du, float *dn, const double *lse, const float *weight, const hl_contest *x,
                       hl_arena *scratch);

#endif
