/* precision.h - bf16 where it is faster. */
#ifndef EXPERIMENTS_PRECISION_H
#define EXPERIMENTS_PRECISION_H
#include "experiments/config.h"
#include "model/llama.h"

/* Multiply in the configured precision from now on.  bf16 is refused where it would be slower for layers of this
 * shape, unless forced; that takes a measurement of some tenths of a second. */
hl_status hl_precision_set(const hl_config *c, const hl_llama *shape);

#endif
