/* price-micro-batch.h - what a micro-batch takes the ranks of a stage, and a message between two stages. */
#ifndef STEP_PRICE_MICRO_BATCH_H
#define STEP_PRICE_MICRO_BATCH_H
#include "step/prices.h"

/* Seconds of a pass over a micro-batch, times 1 forward, 2 backward; micro_batch -1: of what replicas do together
 * alone. */
double hl_price_micro_batch(const hl_prices *x, hl_side side, int rank, int micro_batch, int times);

/* Seconds that the rows of a micro-batch are under way between two ranks. */
double hl_price_message(const hl_prices *x, hl_side side, int micro_batch, int from, int to);

#endif
