/* bce.h - binary cross entropy, the loss of SASRec as it was published: hl_criterion_bce.
 *
 * The target should be told yes and each negative no, each by itself.  With the logits of math/criterion.h,
 *     loss of a row = softplus(-l0_r) + sum_k m_k softplus(s u_r . n_k),   softplus(x) = log(1 + exp x),
 * where negatives with p_r . n_k > thres are left out.  SASRec draws one negative for each position (num_negatives: 1,
 * negatives: own); with more, their losses are added, as gSASRec does.  Its logits are products of vectors as they are;
 * these are of unit vectors, times s, as of all losses here.
 *
 * W.-C. Kang, J. McAuley: Self-Attentive Sequential Recommendation, ICDM 2018, equation 8; A. Petrov, C. Macdonald:
 * gSASRec, RecSys 2023, equation 4. */
#ifndef MATH_BCE_H
#define MATH_BCE_H
#include "math/criterion.h"

/* What some of the negatives mean to a row, with multiplicity. */
typedef struct {
    double sum; /* of their losses */
    double kept, masked, above;
} hl_bce_part;

#endif
