/* precision.h - bf16 products where they are faster. */
#ifndef APP_TRAIN_PRECISION_H
#define APP_TRAIN_PRECISION_H
#include "app/config/config.h"
#include "model/transformer.h"

/* Multiply in the configured precision from now on.  HL_EUSAGE where bf16 would be slower for layers of this shape,
 * unless forced; the measurement takes some tenths of a second. */
hl_status hl_precision_set(const hl_config *c, const hl_transformer *shape);

#endif
