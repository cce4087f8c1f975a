/* search.h - the best layouts of all that fit: placement, tensor parallelism, grids, stages, ZeRO, and what is saved.
 *
 * All powers of two of ranks a stage (within a node) and of stages are tried with both models on all ranks, each with
 * the lowest level of ZeRO with which it fits or the next one; the best of them also with other ranks a stage and
 * stages of the User LLM, and with grids; the best of all with the User LLM on fewer ranks.  Ranks a stage, stages
 * and the
 * level of ZeRO that a configuration gives stay, the last as the least. */
#ifndef APP_PLAN_SEARCH_H
#define APP_PLAN_SEARCH_H
#include "app/plan/forecast.h"

enum { HL_SEARCH_BEST = 5 };

typedef struct {
    hl_placement placement;
    int users; /* replicas of the User LLM; 0: as the placement has */
    struct {
        int tp, pp, rows; /* ranks a stage, stages, rows of the grid that a stage's ranks make; 0: no grid */
    } side[HL_SIDES];
    int zero;
    double step;       /* seconds */
    double memory;     /* bytes of the fullest rank */
    double recomputed; /* share of the item micro-batches, over all ranks */
    char layout[120];  /* in words */
    char keys[200];    /* as options: "--placement colocated --item.tp 2 ..." */
} hl_search_layout;

/* best (n), the best first, of those whose ranks have room (q->room; 0: all have); how many were tried.  Local. */
int hl_search(hl_search_layout best[HL_SEARCH_BEST], int *n, const hl_forecast_question *q, int ranks,
              int ranks_per_node);

/* The configuration with the layout: c is a copy of a configuration that keeps what it points to. */
void hl_search_take(hl_config *c, const hl_search_layout *x);

#endif
