/* score.h - what a rank is worth, summed over users with one target each, and the two held-out phases. */
#ifndef DATA_SCORE_H
#define DATA_SCORE_H
#include "data/corpus.h"
#include <stdbool.h>

typedef enum { HL_VALID, HL_TEST } hl_phase;
extern const char *const hl_phase_name[2];

/* A user's target in a phase and the items before it: the whole history, oldest first, n of them.  0 and n < 0: the
 * user has none. */
int32_t hl_phase_target(const hl_corpus *c, int64_t user, hl_phase phase, const int32_t **history, int *n);

enum { HL_CUTS = 16 };

/* Items of the same score have no order among themselves.  The metrics that decide are those of a random one. */
typedef enum {
    HL_TIES_RANDOM, /* the expected value over all orders of the ties */
    HL_TIES_FIRST,  /* the target stands before all items of its score: optimistic */
    HL_TIES_LAST,   /* behind them: pessimistic */
    HL_TIES
} hl_ties;

typedef struct {
    double recall[HL_CUTS], ndcg[HL_CUTS], mrr_at[HL_CUTS];
    double mrr; /* of the whole list */
} hl_gains;

enum { HL_METRICS_MOST = 12 };

/* Sums over users.  `rank` = 1 + items scored strictly higher; with ties the target may stand anywhere in
 * [rank, rank + ties], each place as likely as the others.  Plain numbers: ranks send it as bytes. */
typedef struct {
    int cuts, cut[HL_CUTS]; /* the K of recall@K */
    int64_t users;
    int64_t repeated; /* targets in the user's own history: a miss, since history is masked */
    int64_t tied;     /* users whose target shares its score with others */
    double ties;      /* others with the same score, summed over users */
    hl_gains gains[HL_TIES];
    bool has_lists; /* `list` holds the metrics of all lists together, by their rows in data/metric.c */
    double list[HL_METRICS_MOST][HL_CUTS];
} hl_score;

/* Nothing scored yet, at these cuts, which ascend. */
hl_score hl_score_at(const int *cut, int cuts);

/* One user; rank 0: a miss at any cut. */
void hl_score_add(hl_score *s, int64_t rank, int64_t ties);

#endif
