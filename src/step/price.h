/* price.h - what an act of a step takes on a machine: operations over its rate, bytes over the wire.
 *
 * What a model computes is the machine's to say (step/machine.h), of each micro-batch's pack where that is known.
 * Bytes are those that mpi/ sends.  What is the same for many acts is worked out once. */
#ifndef STEP_PRICE_H
#define STEP_PRICE_H
#include "step/cost.h"

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

/* Seconds of an act that is no message between stages. */
double hl_prices_act(const hl_prices *x, int rank, hl_task t);

/* Seconds of a rank before its first act: gradients become zero. */
double hl_prices_begin(const hl_prices *x, int rank);

/* Of these, those of a micro-batch: times 1 forward, 2 backward; micro_batch -1: what replicas do together alone. */
double hl_prices_micro_batch(const hl_prices *x, hl_side side, int rank, int micro_batch, int times);

/* Numbers of the layers of this rank's share, and how many layers they are. */
double hl_prices_layered(const hl_prices *x, hl_side side, int rank);
int hl_prices_layers(const hl_prices *x, hl_side side, int rank);

/* Between which ranks the replicas of a rank's share add up. */
hl_wire_level hl_prices_replicas_level(const hl_cost_job *j, hl_side side, int rank);

/* Seconds that the rows of a micro-batch are under way between two ranks. */
double hl_prices_message(const hl_prices *x, hl_side side, int micro_batch, int from, int to);

#endif
