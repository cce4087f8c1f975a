/* prices.h - what is the same for many acts of a step, worked out once: numbers of each share, whole layers of a stage,
 * the loss.  What acts take follows from it (step/price.h, step/price-micro-batch.h). */
#ifndef STEP_PRICES_H
#define STEP_PRICES_H
#include "step/cost.h"

enum { HL_UNIT_PASSES = 2 }; /* over vectors that become unit vectors, and back */

typedef struct {
    const hl_cost_job *job;
    double *work[HL_SIDES];    /* (pp) whole layers of a stage */
    double *numbers[HL_SIDES]; /* (pp * tp) of each share (step/stage-params.h); of a side that is frozen 0 */
    double *layered[HL_SIDES]; /* (pp * tp) those of layers */
    double *unread[HL_SIDES];  /* (pp * tp) of the numbers those without a gradient (hl_zero_unread) */
    int *layers[HL_SIDES];     /* (pp * tp) how many layers */
    double shared;             /* of the tokens of all micro-batches, those that are encoded */
    double loss;               /* seconds */
    double most_rows;          /* of the loss, that one user replica has */
} hl_prices;

void hl_prices_open(hl_prices *x, const hl_cost_job *j);
void hl_prices_close(hl_prices *x);

/* Numbers that are trained of this rank's share of a side, and of these those that have a gradient; 0 outside of the
 * side. */
double hl_prices_numbers(const hl_prices *x, hl_side side, int rank);
double hl_prices_gradients(const hl_prices *x, hl_side side, int rank);

/* Numbers of the layers of this rank's share, and how many layers they are. */
double hl_prices_layered(const hl_prices *x, hl_side side, int rank);
int hl_prices_layers(const hl_prices *x, hl_side side, int rank);

/* Between which ranks the replicas of a rank's share add up. */
hl_wire_level hl_prices_replicas_level(const hl_cost_job *j, hl_side side, int rank);

#endif
