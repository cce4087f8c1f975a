/* label-score.h - how well labels are predicted: AUC, GAUC and the log loss.
 *
 * AUC is the share of the pairs of a positive and a negative in which the positive's logit is higher, ties counted
 * half: the area under the ROC curve.  GAUC is the mean over users of their own AUC, each weighted by how many labels
 * it has (Zhou et al., Deep Interest Network, arXiv 1706.06978, eq. 8); users whose labels are all alike have none, and
 * are left out and counted.  Pairs are counted in whole numbers, so the digits do not depend on any order. */
#ifndef DATA_LABEL_SCORE_H
#define DATA_LABEL_SCORE_H
#include "data/score.h"

/* Labels that are predicted in a phase: the interactions of its part (data/split.h) that have a history, user after
 * user, oldest first. */
typedef struct {
    int64_t n;
    int32_t *user, *at; /* (n) whose, and which of the user's items */
    uint8_t *label;     /* (n) */
    float *logit;       /* (n) zero at first */
} hl_impressions;

/* Looks at all users of the corpus, which has labels.  Local. */
void hl_impressions_open(hl_impressions *x, const hl_corpus *c, hl_phase phase);
void hl_impressions_close(hl_impressions *x);

typedef struct {
    int64_t labels, positive;   /* how many, and how many of them are 1; no labels: nothing was predicted */
    double auc;                 /* NAN where all labels are alike */
    double gauc;                /* NAN where no user has both */
    int64_t users, users_alike; /* in gauc; left out of it */
    double log_loss;            /* the mean of -log of the label's probability; the caller's to fill in */
} hl_label_score;

/* Of the logits that are there, which are finite; but for log_loss. */
void hl_label_score_find(hl_label_score *s, const hl_impressions *x);

#endif
