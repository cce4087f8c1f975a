/* price.h - what an act of a step takes on a machine: operations over its rate, bytes over the wire.
 *
 * What a model computes is the machine's to say (step/machine.h), of each micro-batch's pack where that is known.
 * Bytes are those that mpi/ sends. */
#ifndef STEP_PRICE_H
#define STEP_PRICE_H
#include "step/prices.h"

/* Seconds of an act that is no message between stages. */
double hl_price_act(const hl_prices *x, int rank, hl_task t);

/* Seconds of a rank before its first act: gradients become zero. */
double hl_price_begin(const hl_prices *x, int rank);

#endif
