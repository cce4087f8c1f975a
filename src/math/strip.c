/* strip.c - which strips, and windows over them. */
#include "math/strip.h"
#include "math/kernels.h"
#include <math.h>

const hl_strips *hl_strips_here(void) { return hl_has_wide_vectors() ? &hl_strips_16 : &hl_strips_8; }

void hl_strips_hide(const hl_strips *s, float *strip, const int *from, int n)
{
    for (int x = 0; x < s->lanes; x++)
        for (int k = 0; k < from[x] && k < n; k++) strip[k * s->lanes + x] = -INFINITY;
}

void hl_strips_clear(const hl_strips *s, float *strip, float *slope, const int *from, int n)
{
    for (int x = 0; x < s->lanes; x++)
        for (int k = 0; k < from[x] && k < n; k++) strip[k * s->lanes + x] = slope[k * s->lanes + x] = 0.0f;
}
