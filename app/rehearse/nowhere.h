/* nowhere.h - numbers that nobody looks at have an address, and no memory.
 *
 * A thousand ranks in one process would need terabytes for weights, gradients and rows.  In a rehearsal all of these
 * lie within one range of addresses, which all ranks have in common: what is written there may be anything.  Messages
 * of SMPI are not copied where they come from or go there (SMPI_SHARED_MALLOC), and memcpy and memset leave it alone.
 *
 * This replaces base/reserve.c, base/lend.c, base/pages.c and base/arena-rows.c in hllm-rehearse. */
#ifndef APP_REHEARSE_NOWHERE_H
#define APP_REHEARSE_NOWHERE_H
#include <stdbool.h>
#include <stddef.h>

/* The range, of the first rank; the others are told it.  Local. */
void *hl_nowhere_open(size_t bytes);
void hl_nowhere_use(void *at, size_t bytes);

bool hl_nowhere_has(const void *p);

#endif
