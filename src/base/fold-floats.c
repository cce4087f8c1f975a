/* fold-floats.c - two parts of a sum of floats are added. */
#include "base/fold.h"

void hl_fold_floats(void *into, const void *from, size_t n)
{
    float *restrict y = into;
    const float *restrict x = from;
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}
