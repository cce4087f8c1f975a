/* criterion.h - what a model is trained on: the loss of rows against their targets and many negatives, in parts.
 *
 * Negatives lie on several ranks, and nobody holds a matrix of logits.  So every holder summarises its own for each row
 * (forward), summaries are combined in a fixed order (combine), the whole one gives the row's loss and one number
 * (finish), and with that number each holder makes the gradients through its negatives (backward), and whoever has the
 * row the gradient through its target (slope).  mpi/train/loss.c does so for any row of the table.
 *
 * To add one: a file with a hl_criterion, and its line in HL_CRITERIA. */
#ifndef MATH_CRITERION_H
#define MATH_CRITERION_H
#include "base/arena.h"

/* Some rows and some negatives.  Row r has a vector u_r, its target's p_r and its target's logit l0_r = s u_r . p_r;
 * negative k has a vector n_k and was drawn m_k times.  s > 0; K may be 0. */
typedef struct {
    int R, K, D;
    const float *u, *p, *l0;       /* (R, D), (R, D), (R) */
    const float *n, *multiplicity; /* (K, D), (K) */
    float s, thres;                /* negatives whose p_r . n_k > thres are left out, as false ones */
    /* Row r meets own[own_begin[r]] to own[own_begin[r + 1] - 1] of the negatives, each once; NULL: all of them, each
     * as often as it was drawn. */
    const int *own_begin, *own;
} hl_contest;

/* Negatives of a row, with multiplicity. */
typedef struct {
    double kept;   /* those that count */
    double masked; /* those left out */
    double above;  /* kept ones that score above the target */
} hl_rivals;

typedef struct {
    double loss;
    double state; /* what backward and slope need beside the logits */
} hl_row_loss;

typedef struct {
    const char *name; /* the option's value */
    size_t size;      /* bytes of a summary, plain doubles */
    /* summary (R) of the negatives of x. */
    void (*forward)(void *summary, const hl_contest *x, hl_arena *scratch);
    /* n summaries: into = into with from; order matters to the last bit. */
    void (*combine)(void *into, const void *from, size_t n);
    /* Of a row, from the summary of all its negatives. */
    hl_row_loss (*finish)(const void *summary, double l0);
    /* du (R, D) += , dn (K, D) += (NULL: they are not wanted), given weight (R) = dLoss/d(loss of row r); dLoss/ds
     * through the negatives of x. */
    double (*backward)(float *du, float *dn, const double *state, const float *weight, const hl_contest *x,
                       hl_arena *scratch);
    /* d(loss of a row)/dl0. */
    double (*slope)(double l0, double state);
    /* For people: what a summary has counted. */
    hl_rivals (*count)(const void *summary);
} hl_criterion;

/* Their names, which are the values of the option `loss`. */
#define HL_CRITERIA(CRITERION) CRITERION(nce) CRITERION(bce)

#define HL_CRITERION_NUMBER(name) HL_CRITERION_##name,
typedef enum { HL_CRITERIA(HL_CRITERION_NUMBER) HL_CRITERIONS } hl_criterion_number;

#define HL_CRITERION_ROW(name) extern const hl_criterion hl_criterion_##name;
HL_CRITERIA(HL_CRITERION_ROW)

extern const hl_criterion *const hl_criteria[HL_CRITERIONS];

#endif
