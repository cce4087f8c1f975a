/* strip.c - which strips. */
#include "math/strip.h"
#include "math/kernels.h"

const hl_strips *hl_strips_here(void) { return hl_has_wide_vectors() ? &hl_strips_16 : &hl_strips_8; }
